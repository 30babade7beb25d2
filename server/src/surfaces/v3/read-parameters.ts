import type { FastifyRequest } from 'fastify'
import { AccessError } from '../../errors.ts'
import { isNestedDeeply } from '../is-nested-deeply.ts'
import { mergeParameters } from '../read-bodies.ts'

/** What a v3 request asks for: of a GET in its address, of a POST in its body. */
export type Parameters = Readonly<Record<string, unknown>>

/** How deep an object may be nested: the same as in a body. */
const maxDepth = 200

/**
 * The parameters of a request; those that are not in `names` are ignored. Throws invalid_parameter
 * when one of them was sent more than once, be it in the address and in the body: which of them is
 * meant is not for us to say.
 */
export function readParameters(
  { query, body, headers }: Pick<FastifyRequest, 'query' | 'body' | 'headers'>,
  names: readonly string[],
): Parameters {
  const inAddress = mergeParameters(query, undefined)
  const inBody = mergeParameters(undefined, body)
  const isJson = /^application\/json/i.test(headers['content-type'] ?? '')
  const parameters: Record<string, unknown> = {}
  for (const name of names) {
    const [value, ...more] = [
      // In an address or a form a list is what was said more than once; in JSON it is a list.
      ...[inAddress[name]].flat(),
      ...(isJson ? [inBody[name]] : [inBody[name]].flat()),
    ].filter(isGiven)
    if (more.length > 0) throw repeated(name)
    parameters[name] = value
  }
  return parameters
}

/** A parameter that is text; undefined when it is absent or empty. */
export function findText(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name]
  if (!isGiven(value)) return undefined
  if (typeof value === 'string') return value
  throw new AccessError('invalid_parameter', { message: `The parameter "${name}" must be a text.` })
}

/**
 * A parameter that is JSON: as it is in a JSON body, as text elsewhere. Undefined when it is absent
 * or empty.
 */
export function findJson(parameters: Parameters, name: string): unknown {
  const value = parameters[name]
  if (typeof value !== 'string') return isGiven(value) ? value : undefined
  if (value.trim() === '') return undefined
  if (!isNestedDeeply(value, maxDepth)) {
    try {
      return JSON.parse(value)
    } catch {}
  }
  throw new AccessError('invalid_parameter', { message: `The parameter "${name}" must be JSON.` })
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== ''
}

function repeated(name: string): AccessError {
  return new AccessError('invalid_parameter', {
    message: `The parameter "${name}" was sent more than once.`,
  })
}
