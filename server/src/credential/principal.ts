/** The classic wire types of an API key. */
export type CredentialKind = 'master' | 'default' | 'regular'

/**
 * The surfaces that a grant can open, in the order in which refusals name them. `batch` is an
 * addition to the classic three: jobs of the SQL API, which classic knows for the master key only.
 */
export const apis = ['sql', 'maps', 'do', 'batch'] as const

/** Those that reach the account's data: what the master key can be kept from. */
export const dataApis: readonly Api[] = ['sql', 'maps', 'batch']

export type Api = (typeof apis)[number]

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
  /** The PostgreSQL LOGIN role that everything this principal asks for is run as. */
  readonly role: string
  /**
   * Which issue of the credential was verified, in milliseconds: a regenerated key is another one.
   * Commands compare it once more in the transaction in which they change something.
   */
  readonly issuedAtMs: number
  /** False when no grant lets it change anything: its reads then run in read-only sessions. */
  readonly mayWrite: boolean
}
