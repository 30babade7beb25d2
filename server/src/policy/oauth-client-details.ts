import type { Scope } from '../credential/manager.ts'
import { isStorableText } from './storable-text.ts'
import { isScope } from './user-levels.ts'

export type OAuthClientDetails = {
  readonly name: string
  readonly kind: 'm2m' | 'public'
  readonly redirectUris: readonly string[]
  readonly scopes: readonly Scope[]
}

type ParsedDetails =
  | { readonly ok: true; readonly details: OAuthClientDetails }
  | { readonly ok: false; readonly message: string }

const maxNameLength = 100
const maxRedirectUris = 10
const maxUriLength = 2_000

/** Reads what a client is to be. Says what is wrong first, by the field's name. */
export function parseOAuthClientDetails(given: {
  readonly name?: unknown
  readonly kind?: unknown
  readonly redirectUris?: unknown
  readonly scopes?: unknown
}): ParsedDetails {
  const { name, kind, redirectUris = [], scopes } = given
  if (typeof name !== 'string' || !isClientName(name)) {
    return refuse(`name must be a text of 1 to ${maxNameLength} characters.`)
  }
  if (kind !== 'm2m' && kind !== 'public') return refuse('kind must be m2m or public.')
  if (!isListOf(scopes, isScopeText) || scopes.length === 0) {
    return refuse('scopes must be a list of at least one scope.')
  }
  if (!isListOf(redirectUris, isRedirectUri) || redirectUris.length > maxRedirectUris) {
    return refuse(
      `redirect_uris must be a list of at most ${maxRedirectUris} addresses with https, or with http on this machine itself, without a fragment.`,
    )
  }
  if ((kind === 'public') !== redirectUris.length > 0) {
    return refuse('redirect_uris are needed by a public client, and no other has any.')
  }
  return { ok: true, details: { name, kind, redirectUris, scopes: [...new Set(scopes)] } }
}

/** A consent page shows it: nothing that is invisible, and no other lines. */
function isClientName(name: string): boolean {
  return (
    name.length <= maxNameLength &&
    isStorableText(name) &&
    name.trim() === name &&
    name !== '' &&
    !/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(name)
  )
}

/** RFC 9700, section 2.1: whole addresses. RFC 8252, section 7.3: http for the machine itself only. */
function isRedirectUri(value: unknown): value is string {
  if (typeof value !== 'string' || value.length > maxUriLength || !URL.canParse(value)) return false
  if (!/^[\x21-\x7e]+$/.test(value) || /[\\"<>^`{|}#*]/.test(value)) return false
  const { protocol, hostname, username, password } = new URL(value)
  const isLoopback = ['127.0.0.1', '[::1]', 'localhost'].includes(hostname)
  const isSafe = protocol === 'https:' || (protocol === 'http:' && isLoopback)
  return isSafe && hostname !== '' && username === '' && password === '' && !value.includes('@')
}

function isScopeText(value: unknown): value is Scope {
  return typeof value === 'string' && isScope(value)
}

function isListOf<T>(value: unknown, isOne: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every(isOne)
}

function refuse(message: string): ParsedDetails {
  return { ok: false, message }
}
