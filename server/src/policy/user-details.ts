import { type UserLevel, userLevels } from '../credential/manager.ts'
import { isStorableText } from './storable-text.ts'

/** What a user can be given or changed to. */
export type UserDetails = {
  readonly name: string
  /** Null for none. */
  readonly email: string | null
  readonly level: UserLevel
  readonly password: string
}

type ParsedDetails =
  | { readonly ok: true; readonly details: Partial<UserDetails> }
  | { readonly ok: false; readonly message: string }

const maxNameLength = 64
const maxEmailLength = 254
export const minPasswordLength = 12
const maxPasswordBytes = 1_024

/** Reads what somebody wants a user to be; what is not given is left out. Says what is wrong first. */
export function parseUserDetails(given: {
  readonly name?: unknown
  readonly email?: unknown
  readonly level?: unknown
  readonly password?: unknown
}): ParsedDetails {
  const { name, email, level, password } = given
  if (name !== undefined && !isUserName(name)) {
    return refuse(
      `name must be 1 to ${maxNameLength} letters, digits, spaces, dots, hyphens or underscores, and neither begin nor end with a space.`,
    )
  }
  if (email !== undefined && email !== null && !isEmail(email)) {
    return refuse('email must be an e-mail address, or null for none.')
  }
  if (level !== undefined && !isUserLevel(level)) {
    return refuse(`level must be one of ${userLevels.join(', ')}.`)
  }
  if (password !== undefined && !isPassword(password)) {
    return refuse(
      `password must have at least ${minPasswordLength} characters, and at most ${maxPasswordBytes} bytes.`,
    )
  }
  return {
    ok: true,
    details: {
      ...(name !== undefined && { name }),
      ...(email !== undefined && { email }),
      ...(level !== undefined && { level }),
      ...(password !== undefined && { password }),
    },
  }
}

/** No @, so that a name is never taken for an e-mail address. */
function isUserName(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= maxNameLength &&
    /^[\p{L}\p{N}._-]+(?: [\p{L}\p{N}._-]+)*$/u.test(value)
  )
}

function isEmail(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    value.length <= maxEmailLength &&
    isStorableText(value) &&
    /^[^\s@<>"]+@[^\s@<>"]+$/.test(value)
  )
}

function isUserLevel(value: unknown): value is UserLevel {
  return userLevels.some((level) => level === value)
}

function isPassword(value: unknown): value is string {
  return (
    typeof value === 'string' &&
    [...value].length >= minPasswordLength &&
    Buffer.byteLength(value) <= maxPasswordBytes
  )
}

function refuse(message: string): ParsedDetails {
  return { ok: false, message }
}
