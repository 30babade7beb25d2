import { AccessError } from '../errors.ts'
import { isStorableText } from './storable-text.ts'

/** Deeper arrays are none of PostgreSQL's. */
const maxDimensions = 6

/**
 * A JSON value as PostgreSQL reads it for whatever type the statement gives the parameter. Lists are
 * arrays, for `= any($1)`; objects are JSON; who wants a list as JSON sends its text. Throws
 * invalid_parameter, which names the parameter, for what PostgreSQL cannot hold.
 */
export function parameterText(value: unknown, name: string): string | null {
  if (value === null || value === undefined) return null
  const text = Array.isArray(value) ? arrayText(value, name, 1) : scalarText(value)
  if (isStorableText(text)) return text
  throw new AccessError('invalid_parameter', {
    message: `The parameter ${name} contains a character that PostgreSQL cannot store.`,
  })
}

function scalarText(value: unknown): string {
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/** https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO */
function arrayText(values: readonly unknown[], name: string, dimension: number): string {
  if (dimension > maxDimensions) {
    throw new AccessError('invalid_parameter', {
      message: `The parameter ${name} is a list of more than ${maxDimensions} dimensions.`,
    })
  }
  const elements = values.map((value) => {
    if (value === null || value === undefined) return 'NULL'
    if (Array.isArray(value)) return arrayText(value, name, dimension + 1)
    return `"${scalarText(value).replace(/["\\]/g, '\\$&')}"`
  })
  return `{${elements.join(',')}}`
}
