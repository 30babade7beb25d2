import type { Queryable } from '../store/database.ts'
import type { AuditActor } from './audit-actor.ts'

export const userLevels = ['owner', 'editor', 'viewer'] as const

export type UserLevel = (typeof userLevels)[number]

/** What a client that manages in a user's name can be let do. */
export const scopes = [
  'read:api_keys',
  'write:api_keys',
  'read:tokens',
  'write:tokens',
  'read:connections',
  'write:connections',
  'read:data',
  'write:data',
  'read:named_sources',
  'write:named_sources',
  'read:users',
  'write:users',
  'read:oauth_clients',
  'write:oauth_clients',
  'read:account',
  'write:account',
  'read:activity',
  'read:audit',
] as const

export type Scope = (typeof scopes)[number]

/**
 * Who a request manages as: a user of an account, or a client in their name. The master key manages
 * as the account's owner.
 */
export type Manager = {
  readonly accountId: string
  readonly accountName: string
  readonly userId: string
  readonly level: UserLevel
  readonly scopes: 'all' | readonly Scope[]
  readonly via: 'master_key' | 'session' | 'oauth'
  /** Whom the audit log names. */
  readonly actor: AuditActor
  /**
   * Whether they have proven lately who they are: the master key is proof itself, an application that
   * acts for a user can give none.
   */
  readonly isConfirmed: boolean
  /**
   * To be called in the transaction that changes something: throws credential_revoked when what the
   * manager was known by has ended since.
   */
  readonly mustStillHold: (transaction: Queryable) => Promise<void>
}
