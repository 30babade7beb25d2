import { describe, expect, it } from 'vitest'
import type { CredentialKind, Principal, PrincipalUser } from '../credential/principal.ts'
import { findMasterKeyRefusal, keyReaderOf } from './key-reader.ts'

const now = new Date('2026-01-01T00:00:00Z')
const confirmed = { confirmedUntilMs: now.getTime() + 1 }

function principal(kind: CredentialKind, user?: Partial<PrincipalUser>): Principal {
  return {
    accountId: 'account',
    accountName: 'alice',
    credentialId: 'id',
    credentialName: 'name',
    kind,
    allowedApis: [],
    engineEnabled: true,
    expiresAtMs: undefined,
    database: 'database',
    role: 'role',
    issuedAtMs: 0,
    mayWrite: false,
    ...(user && { user: { ...owner, ...user } }),
  }
}

const owner: PrincipalUser = {
  id: 'user',
  name: 'ann',
  email: null,
  level: 'owner',
  scopes: 'all',
  endsWith: [],
}

/** Of master, default and regular keys, those whose token is known. */
function knownTo(kind: CredentialKind, user?: Partial<PrincipalUser>): string[] {
  const reader = keyReaderOf(principal(kind, user), now)
  return (['master', 'default', 'regular'] as const).filter((type) => reader?.mayKnowToken(type))
}

describe('keys are seen', () => {
  it('all by the master key and users, only itself by another key, none by an access token', () => {
    expect(keyReaderOf(principal('master'), now)?.ownKey).toBeUndefined()
    expect(keyReaderOf(principal('session', {}), now)?.ownKey).toBeUndefined()
    const own = { id: 'id', name: 'name', type: 'regular' }
    expect(keyReaderOf(principal('regular'), now)?.ownKey).toEqual(own)
    expect(keyReaderOf(principal('token'), now)).toBeUndefined()
  })
})

describe('tokens are known', () => {
  it.each<[who: string, kind: CredentialKind, user: Partial<PrincipalUser>, known: string[]]>([
    ['an owner who has confirmed', 'session', confirmed, ['master', 'default', 'regular']],
    ['an owner who has not', 'session', {}, ['default', 'regular']],
    [
      'an owner whose confirmation is over',
      'session',
      { confirmedUntilMs: now.getTime() },
      ['default', 'regular'],
    ],
    ['an editor who has', 'session', { level: 'editor', ...confirmed }, ['default', 'regular']],
    ['a viewer who has', 'session', { level: 'viewer', ...confirmed }, ['default']],
    [
      'an application that may write',
      'oauth',
      { scopes: ['write:api_keys'] },
      ['default', 'regular'],
    ],
    ['an application that may read', 'oauth', { scopes: ['read:api_keys'] }, ['default']],
  ])('to %s', (_, kind, user, known) => {
    expect(knownTo(kind, user)).toEqual(known)
  })
})

it('the master key is for owners who have just confirmed who they are', () => {
  const refusalOf = (user: Partial<PrincipalUser>) =>
    findMasterKeyRefusal({ ...owner, ...user }, now)?.reason
  expect(refusalOf(confirmed)).toBeUndefined()
  expect(refusalOf({})).toBe('confirmation_needed')
  expect(refusalOf({ level: 'editor', ...confirmed })).toBe('level_too_low')
  expect(refusalOf({ scopes: ['read:api_keys'], ...confirmed })).toBe('scope_missing')
})
