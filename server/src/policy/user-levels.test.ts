import { describe, expect, it, test } from 'vitest'
import { type Scope, scopes, type UserLevel, userLevels } from '../credential/manager.ts'
import { findScopeRefusal, isScope, scopesWithin } from './user-levels.ts'

// Written out a second time on purpose: whoever changes the table changes what users may do.
const rows: Record<Scope, readonly UserLevel[]> = {
  'read:api_keys': ['owner', 'editor', 'viewer'],
  'write:api_keys': ['owner', 'editor'],
  'read:tokens': ['owner', 'editor', 'viewer'],
  'write:tokens': ['owner', 'editor'],
  'read:connections': ['owner', 'editor', 'viewer'],
  'write:connections': ['owner'],
  'read:data': ['owner', 'editor', 'viewer'],
  'write:data': ['owner', 'editor'],
  'read:named_sources': ['owner', 'editor', 'viewer'],
  'write:named_sources': ['owner', 'editor'],
  'read:users': ['owner'],
  'write:users': ['owner'],
  'read:oauth_clients': ['owner'],
  'write:oauth_clients': ['owner'],
  'read:account': ['owner', 'editor', 'viewer'],
  'write:account': ['owner'],
  'read:activity': ['owner', 'editor', 'viewer'],
  'read:audit': ['owner'],
}

describe.each(Object.entries(rows) as [Scope, readonly UserLevel[]][])('%s', (scope, levels) => {
  it(`is for ${levels.join(', ')} and nobody else`, () => {
    const having = userLevels.filter(
      (level) => findScopeRefusal({ level, scopes: 'all' }, scope) === undefined,
    )
    expect(having).toEqual(levels)
  })

  it('is not lent by any other scope', () => {
    const others = scopes.filter((other) => other !== scope)
    expect(findScopeRefusal({ level: 'owner', scopes: others }, scope)).toMatchObject({
      reason: 'scope_missing',
    })
    expect(findScopeRefusal({ level: 'owner', scopes: [scope] }, scope)).toBeUndefined()
  })
})

test('a scope lends nothing that the level does not have', () => {
  expect(findScopeRefusal({ level: 'viewer', scopes }, 'write:tokens')).toEqual({
    reason: 'level_too_low',
    message: 'A viewer may not do this.',
  })
  expect(scopesWithin('viewer', scopes)).toEqual(
    scopes.filter((scope) => rows[scope].includes('viewer')),
  )
  expect(scopesWithin('editor', ['write:users', 'write:tokens'])).toEqual(['write:tokens'])
})

test('what is not in the table is no scope', () => {
  expect(scopes.every(isScope)).toBe(true)
  for (const text of ['', 'openid', 'read:*', 'READ:tokens', 'toString', '__proto__']) {
    expect(isScope(text)).toBe(false)
  }
})
