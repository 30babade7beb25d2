import { AccessError } from '../errors.ts'

/** The error for a format that there is not. Only a text is quoted: what else JSON holds is no name. */
export function invalidFormat(format: unknown): AccessError {
  const quoted = typeof format === 'string' ? { message: `Invalid format: ${format}` } : {}
  return new AccessError('invalid_format', quoted)
}
