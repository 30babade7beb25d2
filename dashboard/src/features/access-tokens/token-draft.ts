import type { AccessToken } from './api/access-token.ts'
import { splitReferers } from './read-referer.ts'
import { isTokenApi, type TokenApi, toggleApi } from './token-apis.ts'

export type DraftGrant = { readonly connection: string; readonly source: string }

/** When a token is to end, as it is chosen. */
export type DraftExpiry =
  | { readonly kind: 'never' }
  | { readonly kind: 'days'; readonly days: number }
  /** A time as a field of the type datetime-local has it, in the user's own zone, or with its zone. */
  | { readonly kind: 'at'; readonly local: string }

/** An access token while somebody makes or edits it. */
export type TokenDraft = {
  /** Empty: a name is made. */
  readonly name: string
  readonly apis: readonly TokenApi[]
  readonly grants: readonly DraftGrant[]
  /** As written: separated by commas, blanks or lines. */
  readonly referers: string
  readonly expiry: DraftExpiry
}

export const emptyDraft: TokenDraft = {
  name: '',
  apis: [],
  grants: [],
  referers: '',
  expiry: { kind: 'never' },
}

/** What another page has filled in. Names of tables are separated by commas outside of quotes. */
export function draftFromSearch(search: {
  readonly apis?: string
  readonly connection?: string
  readonly tables?: string
  readonly query?: string
  readonly referers?: string
}): TokenDraft {
  const apis = (search.apis ?? '')
    .split(',')
    .map((api) => api.trim())
    .filter(isTokenApi)
    .reduce<readonly TokenApi[]>((chosen, api) => toggleApi(api, chosen), [])
  const connection = search.connection ?? 'default'
  const sources = [...splitNames(search.tables ?? ''), ...(search.query ? [search.query] : [])]
  return {
    ...emptyDraft,
    apis,
    grants: sources.map((source) => ({ connection, source })),
    referers: splitReferers(search.referers ?? '').join('\n'),
  }
}

function splitNames(text: string): readonly string[] {
  return (text.match(/(?:"(?:[^"]|"")*"|[^,"])+/g) ?? [])
    .map((name) => name.trim())
    .filter((name) => name !== '')
}

/** A token that is there, to be edited. Its end is as it is: that cannot be. */
export function draftOf(token: AccessToken): TokenDraft {
  return {
    name: token.name,
    apis: token.allowed_apis,
    grants: token.grants.map(({ connection_name: connection, source }) => ({ connection, source })),
    referers: token.referers.join('\n'),
    expiry:
      token.expiration_date === null
        ? { kind: 'never' }
        : { kind: 'at', local: token.expiration_date },
  }
}

/** A draft with one grant more; one that it has already is not added again. */
export function addGrant(draft: TokenDraft, grant: DraftGrant): TokenDraft {
  const source = grant.source.trim()
  const isThere = draft.grants.some(
    (one) => one.connection === grant.connection && one.source.trim() === source,
  )
  return isThere ? draft : { ...draft, grants: [...draft.grants, { ...grant, source }] }
}

/** When the token ends, in ISO 8601; null for never, undefined for what is no time. */
export function expirationOf(expiry: DraftExpiry, nowMs: number): string | null | undefined {
  switch (expiry.kind) {
    case 'never':
      return null
    case 'days':
      return new Date(nowMs + expiry.days * 24 * 3_600_000).toISOString()
    case 'at': {
      const timeMs = expiry.local === '' ? Number.NaN : new Date(expiry.local).getTime()
      return Number.isNaN(timeMs) ? undefined : new Date(timeMs).toISOString()
    }
  }
}

/** What a request to make the token says. */
export function requestOf(draft: TokenDraft, nowMs: number) {
  const expiration = expirationOf(draft.expiry, nowMs)
  return { ...changeableOf(draft), ...(expiration && { expiration_date: expiration }) }
}

/** What a request to edit the token says: only what is not as it was. */
export function changesOf(draft: TokenDraft, before: TokenDraft) {
  const now = changeableOf(draft)
  const then = changeableOf(before)
  return Object.fromEntries(
    Object.entries(now).filter(
      ([member, value]) =>
        JSON.stringify(value) !== JSON.stringify(then[member as keyof typeof then]),
    ),
  ) as Partial<typeof now>
}

function changeableOf({ name, apis, grants, referers }: TokenDraft) {
  return {
    ...(name.trim() !== '' && { name: name.trim() }),
    allowed_apis: [...apis],
    grants: grants.map(({ connection, source }) => ({ connection_name: connection, source })),
    referers: [...splitReferers(referers)],
  }
}
