import { type Manager, type Scope, scopes, type UserLevel } from '../credential/manager.ts'
import type { ErrorCode } from '../errors.ts'

/** What each scope lets a client do, in the words in which a consent page asks for it. */
export const scopeMeanings: Readonly<Record<Scope, string>> = {
  'read:api_keys': 'See the API keys of the account and how much they are used',
  'write:api_keys': 'Make, copy, regenerate and delete API keys of the account',
  'read:tokens': 'See and copy your API access tokens',
  'write:tokens': 'Make, change and delete your API access tokens',
  'read:connections': 'See the connections of the account and the data that they reach',
  'write:connections': 'Register, change and delete connections of the account',
  'read:data': 'See the rows of tables, maps of them and which credentials reach them',
  'write:data': 'Open tables to the public and close them',
  'read:named_sources': 'See the named sources of the account',
  'write:named_sources': 'Make, change and delete named sources of the account',
  'read:users': 'See the users of the account',
  'write:users': 'Add, change and delete users of the account, owners and their passwords included',
  'read:oauth_clients': 'See the OAuth clients of the account',
  'write:oauth_clients': 'Make and delete OAuth clients of the account',
  'read:account': 'See the settings of the account',
  'write:account': 'Change the settings of the account',
  'read:activity': 'See how much the credentials of the account are used',
  'read:audit': 'See who has changed what in the account',
}

/**
 * What a user may do, by their level, in words and by the scopes that name it. Whatever a user signs
 * in with or lets act for them can do this at most. docs/reference/users.md shows this table.
 */
export const levelRights: Readonly<
  Record<UserLevel, { readonly meaning: string; readonly scopes: readonly Scope[] }>
> = {
  owner: {
    meaning: 'everything, users and connections included',
    scopes,
  },
  editor: {
    meaning:
      'API keys other than the master key, tokens of their own, named sources, and which tables are public',
    scopes: [
      'read:api_keys',
      'write:api_keys',
      'read:tokens',
      'write:tokens',
      'read:connections',
      'read:data',
      'write:data',
      'read:named_sources',
      'write:named_sources',
      'read:account',
      'read:activity',
    ],
  },
  viewer: {
    meaning: 'looking, and nothing else',
    scopes: [
      'read:api_keys',
      'read:tokens',
      'read:connections',
      'read:data',
      'read:named_sources',
      'read:account',
      'read:activity',
    ],
  },
}

export function isScope(text: string): text is Scope {
  return Object.hasOwn(scopeMeanings, text)
}

/** Those of `wanted` that a user of this level has, in the order of the table. */
export function scopesWithin(level: UserLevel, wanted: readonly string[]): Scope[] {
  return levelRights[level].scopes.filter((scope) => wanted.includes(scope))
}

/** What a manager may do: what the level allows, as far as it was granted. */
export function scopesOf({ level, scopes }: Pick<Manager, 'level' | 'scopes'>): readonly Scope[] {
  return scopes === 'all' ? levelRights[level].scopes : scopesWithin(level, scopes)
}

/** Why whoever has this level and these scopes may not do what needs `scope`; undefined: they may. */
export function findScopeRefusal(
  { level, scopes }: Pick<Manager, 'level' | 'scopes'>,
  scope: Scope,
): { readonly reason: ErrorCode; readonly message: string } | undefined {
  if (!levelRights[level].scopes.includes(scope)) {
    const article = /^[aeiou]/.test(level) ? 'An' : 'A'
    return { reason: 'level_too_low', message: `${article} ${level} may not do this.` }
  }
  if (scopes !== 'all' && !scopes.includes(scope)) {
    return { reason: 'scope_missing', message: `The scope ${scope} is missing.` }
  }
  return undefined
}
