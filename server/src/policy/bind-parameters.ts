import { AccessError } from '../errors.ts'
import { type NumberedStatement, numberParameters } from './number-parameters.ts'
import { parameterText } from './parameter-text.ts'

/** A statement and what its `$1`, `$2` and so on stand for, in PostgreSQL's text format. */
export type BoundStatement = {
  readonly text: string
  readonly values: readonly (string | null)[]
}

/** The protocol counts parameters in 16 bits. */
const maxParameters = 65_535

/**
 * Puts a v3 request's `queryParameters` beside its statement: a list for `$1`, `$2` ..., an object
 * for `@name`. The values never become a part of the text. Nothing, an empty text, an empty list and
 * an empty object mean that there are none. Throws invalid_parameter when the statement and the
 * parameters do not fit each other.
 */
export function bindParameters(statement: string, queryParameters: unknown): BoundStatement {
  const numbered = numberParameters(statement)
  const { text, names, highest } = numbered
  if (Math.max(names.length, highest) > maxParameters) {
    throw invalid(`A statement can have ${maxParameters} parameters at most.`)
  }
  if (names.length > 0 && highest > 0) {
    throw invalid('A statement has either parameters such as $1 or such as @name, not both.')
  }
  return { text, values: valuesOf(numbered, readGiven(queryParameters)) }
}

type Given = readonly unknown[] | Readonly<Record<string, unknown>>

/** Parameters as they were given; none are an empty list. */
function readGiven(value: unknown): Given {
  if (value === undefined || value === null || value === '') return []
  if (Array.isArray(value)) return value
  if (typeof value === 'object') {
    return Object.keys(value).length === 0 ? [] : (value as Record<string, unknown>)
  }
  throw invalid('queryParameters must be a list, for $1, or an object, for @name.')
}

function valuesOf({ names, highest }: NumberedStatement, given: Given): (string | null)[] {
  if (isList(given)) {
    if (names.length > 0) {
      throw invalid(
        given.length === 0
          ? `The parameter @${names[0]} is missing from queryParameters.`
          : `queryParameters must be an object: the statement names its parameters (@${names[0]}).`,
      )
    }
    if (given.length < highest) {
      throw invalid(`The parameter $${given.length + 1} is missing from queryParameters.`)
    }
    if (given.length > highest) {
      throw invalid(
        `queryParameters has ${given.length} values, and the statement takes ${highest}.`,
      )
    }
    return given.map((value, index) => parameterText(value, `$${index + 1}`))
  }
  if (highest > 0) {
    throw invalid('queryParameters must be a list: the statement numbers its parameters ($1).')
  }
  const missing = names.find((name) => !Object.hasOwn(given, name))
  if (missing !== undefined) {
    throw invalid(`The parameter @${missing} is missing from queryParameters.`)
  }
  const known = new Set(names)
  const surplus = Object.keys(given).find((name) => !known.has(name))
  if (surplus !== undefined) {
    throw invalid(`queryParameters has "${surplus}", and the statement has no @${surplus}.`)
  }
  return names.map((name) => parameterText(given[name], `@${name}`))
}

function isList(given: Given): given is readonly unknown[] {
  return Array.isArray(given)
}

function invalid(message: string): AccessError {
  return new AccessError('invalid_parameter', { message })
}
