import { invalidParameter } from './invalid-parameter.ts'

/**
 * A parameter that is an object or a list: JSON text where it came in an address, the value itself
 * where it came in a JSON body. Absent, null and an empty text are undefined. Throws
 * invalid_parameter.
 */
export function readJsonParameter(name: string, value: unknown): unknown {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string') return value
  try {
    const parsed: unknown = JSON.parse(value)
    return parsed === null ? undefined : parsed
  } catch (cause) {
    throw invalidParameter(name, 'it is not JSON', cause)
  }
}

/** The same for what has to be an object. */
export function readObjectParameter(
  name: string,
  value: unknown,
): Readonly<Record<string, unknown>> | undefined {
  const parsed = readJsonParameter(name, value)
  if (parsed === undefined || isObject(parsed)) return parsed
  throw invalidParameter(name, 'it must be an object')
}

/** True for what JSON calls an object. */
export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
