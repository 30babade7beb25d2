import { parseTime } from './parse-time.ts'
import { isStorableText } from './storable-text.ts'

/** What may be said of a key beside its name and grants. */
export type KeyDetails = {
  /** The owner's own words. */
  readonly description: string | null
  /** From then on the key opens nothing; null for never. */
  readonly expiresAt: Date | null
}

export type KeyDetailsResult =
  | { readonly ok: true; readonly details: KeyDetails }
  | { readonly ok: false; readonly messages: readonly string[] }

const maxDescriptionLength = 1_000

/**
 * Reads `description` and `expires_at` of a request to create a key: each may be absent, null or
 * empty. A time is ISO 8601 with its offset and lies ahead of `now`. Never throws; the messages
 * follow the words `Validation failed: `.
 */
export function parseKeyDetails(
  request: { readonly description: unknown; readonly expiresAt: unknown },
  now: Date,
): KeyDetailsResult {
  const description = readDescription(request.description)
  const expiresAt = readExpiry(request.expiresAt, now)
  const messages = [description, expiresAt].filter((read) => typeof read === 'string')
  if (typeof description === 'string' || typeof expiresAt === 'string') {
    return { ok: false, messages }
  }
  return { ok: true, details: { description: description.value, expiresAt: expiresAt.value } }
}

/** What was read, or the sentence that says why it cannot be. */
type Read<T> = { readonly value: T | null } | string

function readDescription(value: unknown): Read<string> {
  if (isAbsent(value)) return { value: null }
  if (typeof value !== 'string' || !isStorableText(value)) return 'Description is invalid'
  if (value.length <= maxDescriptionLength) return { value }
  return `Description is too long (maximum is ${maxDescriptionLength} characters)`
}

function readExpiry(value: unknown, now: Date): Read<Date> {
  if (isAbsent(value)) return { value: null }
  const time = typeof value === 'string' && value.includes('T') ? parseTime(value) : undefined
  if (time === undefined) {
    return 'Expires at has to be a time in ISO 8601 with its offset, such as 2030-01-31T12:00:00Z'
  }
  return time > now ? { value: time } : 'Expires at has to be in the future'
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}
