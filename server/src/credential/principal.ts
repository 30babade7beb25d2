import type { SourceGrant } from '../policy/source-grant.ts'
import type { Scope, UserLevel } from './manager.ts'

/** The classic wire types of an API key. */
export type ApiKeyType = 'master' | 'default' | 'regular'

/**
 * An API key of some type, an API access token, or what stands for a user: their session in a
 * browser, or the OAuth access token of an application. What stands for a user opens no data; it
 * manages.
 */
export type CredentialKind = ApiKeyType | 'token' | 'session' | 'oauth'

/**
 * The surfaces that a grant can open, in the order in which refusals name them. `batch` is an
 * addition to the classic three: jobs of the SQL API, which classic knows for the master key only.
 */
export const apis = ['sql', 'maps', 'do', 'batch'] as const

/** Those that reach the account's data: what the master key can be kept from. */
export const dataApis: readonly Api[] = ['sql', 'maps', 'batch']

/** The APIs that an access token can be allowed. */
export const tokenApis = ['sql', 'maps', 'imports', 'lds'] as const

export type TokenApi = (typeof tokenApis)[number]

export type Api = (typeof apis)[number] | TokenApi

/**
 * Who a request acts as, after authentication. One request has exactly one, and it never changes.
 * It carries no secret, because it is logged and cached.
 */
export type Principal = {
  readonly accountId: string
  readonly accountName: string
  readonly credentialId: string
  readonly credentialName: string
  readonly kind: CredentialKind
  /** All that it may use: of the master key, every one that the account has not kept from it. */
  readonly allowedApis: readonly Api[]
  /**
   * Whether the account's engine is on. When it is off, regular keys open nothing, and nobody finds
   * the Auth API.
   */
  readonly engineEnabled: boolean
  /** The rate limit of its account, where it has one of its own; 0 for none. */
  readonly requestsPerSecond?: number
  /** Wall-clock time from which the credential opens nothing; undefined for never. */
  readonly expiresAtMs: number | undefined
  /** The database that holds the account's data. */
  readonly database: string
  /**
   * The PostgreSQL LOGIN role that everything this principal asks for is run as. An access token has
   * a role per connection and per query instead: those are in its grants, and this is empty. So it is
   * of what stands for a user.
   */
  readonly role: string
  /**
   * Which issue of the credential was verified, in milliseconds: a regenerated key is another one.
   * Commands compare it once more in the transaction in which they change something.
   */
  readonly issuedAtMs: number
  /** False when no grant lets it change anything: its reads then run in read-only sessions. */
  readonly mayWrite: boolean
  /** Of an access token: all that it opens, each with the role that opens it. Keys have none. */
  readonly sourceGrants?: readonly SourceGrant[]
  /** Of an access token: the origins it may be used from; empty for any. */
  readonly referers?: readonly string[]
  /** Of what stands for a user: who it is, and what they may do as of now. */
  readonly user?: PrincipalUser
}

/** How somebody has proven who they are: by a password, or by another provider's word. */
export type SignedInBy = 'password' | 'oidc'

export type PrincipalUser = {
  readonly id: string
  readonly name: string
  /** Null for none. */
  readonly email: string | null
  readonly level: UserLevel
  readonly scopes: 'all' | readonly Scope[]
  /** Of a session: how its user signed in. */
  readonly signedInBy?: SignedInBy
  /** Of a session: whether its user is asked for a code beside the password. */
  readonly hasSecondFactor?: boolean
  /** Of a session whose user has proven anew who they are: wall-clock time until which that holds. */
  readonly confirmedUntilMs?: number
  /** The OAuth client that acts in their name. */
  readonly clientId?: string
  /** The ids of what the credential hangs on: whatever of it ends, ends this as well. */
  readonly endsWith: readonly string[]
}

/** Who holds an API key: all that it may do is on the account's own database, under one role. */
export type KeyPrincipal = Principal & { readonly kind: ApiKeyType }

export function holdsKey(principal: Principal): principal is KeyPrincipal {
  const kinds: readonly CredentialKind[] = ['master', 'default', 'regular']
  return kinds.includes(principal.kind)
}
