import { AccessError } from '../errors.ts'

/** A refusal that says which member of the request it is about, and where in its text. */
export function invalidTokenRequest({
  message,
  field,
  position,
}: {
  readonly message: string
  /** Such as `grants[0].source`. */
  readonly field?: string | undefined
  /** In characters, from 1. */
  readonly position?: number | undefined
}): AccessError {
  return new AccessError('invalid_token_request', { message, facts: { field, position } })
}

/** Throws what is thrown when a user has another token of this name. */
export function nameTaken(name: string): AccessError {
  return invalidTokenRequest({
    field: 'name',
    message: `name: you have another token called ${name}`,
  })
}
