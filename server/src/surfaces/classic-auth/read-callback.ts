import { AccessError } from '../../errors.ts'

/**
 * The function that a page's script is to call with the answer; undefined when none is asked for.
 * Narrower than what the SQL API takes: one name, without dots. Throws invalid_callback.
 */
export function readCallback(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value === 'string' && /^[$a-z_][0-9a-z_$]*$/i.test(value)) return value
  throw new AccessError('invalid_callback')
}
