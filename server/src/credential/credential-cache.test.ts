import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import { createCredentialCache } from './credential-cache.ts'
import type { Principal } from './principal.ts'

const createCache = (maxEntries = 100, processKey = Buffer.alloc(32, 7)) =>
  createCredentialCache({ maxEntries, processKey })

const principal = (accountId: string, credentialId: string): Principal => ({
  accountId,
  accountName: `name-of-${accountId}`,
  credentialId,
  credentialName: 'A key',
  kind: 'regular',
  allowedApis: ['sql'],
  engineEnabled: true,
  expiresAtMs: undefined,
  database: 'a_database',
  role: 'a_role',
  issuedAtMs: 0,
  mayWrite: false,
})

describe('the credential cache', () => {
  it('finds a principal under the account and the token that it was put under, and no others', () => {
    const cache = createCache()
    const mine = principal('a', 'k')
    cache.put(cache.keyOf('demo', 't'), mine)
    expect(cache.find(cache.keyOf('demo', 't'))).toBe(mine)
    for (const [account, token] of [
      ['demo', 'u'],
      ['other', 't'],
      [undefined, 't'],
      ['demo', 't '],
      ['dem', 'ot'],
      ['dem', 'o\nt'],
    ] as const) {
      expect(cache.find(cache.keyOf(account, token)), `${account} ${token}`).toBeUndefined()
    }
  })

  it('holds no token, neither in its keys nor in its entries', () => {
    const token = 'pstr0123456789abcdefghijklmnopqr'
    const stored = [vi.spyOn(Map.prototype, 'set'), vi.spyOn(Set.prototype, 'add')]
    const cache = createCache()
    cache.put(cache.keyOf('demo', token), principal('a', 'k'))
    const seen = inspect(
      stored.map((spy) => spy.mock.calls),
      { depth: 10, showHidden: true },
    )
    for (const spy of stored) spy.mockRestore()

    expect(seen).toContain('name-of-a')
    expect(seen).not.toContain(token.slice(4, 12))
    expect(seen).not.toContain(Buffer.from(token).toString('base64').slice(6, 12))
  })

  it('names a token differently in every process, so that its names are worth nothing elsewhere', () => {
    const other = createCache(100, Buffer.alloc(32, 8))
    expect(other.keyOf('demo', 't')).not.toBe(createCache().keyOf('demo', 't'))
  })

  it('forgets a credential under all its names, and leaves the others', () => {
    const cache = createCache()
    const names = [
      cache.keyOf('demo', 't'),
      cache.keyOf(undefined, 't'),
      cache.keyOf('demo', 'old'),
    ]
    for (const name of names) cache.put(name, principal('a', 'k'))
    const bystander = cache.keyOf('demo', 'other')
    cache.put(bystander, principal('a', 'l'))

    cache.evict({ credentialId: 'k' })

    expect(names.map(cache.find)).toEqual([undefined, undefined, undefined])
    expect(cache.find(bystander)).toEqual(principal('a', 'l'))
    expect(cache.size()).toBe(1)
  })

  it('forgets all credentials of an account under all their names, and leaves other accounts', () => {
    const cache = createCache()
    for (const token of ['t', 'u', 'v']) {
      cache.put(cache.keyOf('demo', token), principal('a', token))
      cache.put(cache.keyOf(undefined, token), principal('a', token))
    }
    cache.put(cache.keyOf('other', 't'), principal('b', 'w'))

    cache.evict({ accountId: 'a' })

    expect(cache.size()).toBe(1)
    expect(cache.find(cache.keyOf('other', 't'))).toEqual(principal('b', 'w'))
    // Nothing of the account is left that would keep it from being forgotten again.
    cache.put(cache.keyOf('demo', 't'), principal('a', 't'))
    cache.evict({ accountId: 'a' })
    expect(cache.find(cache.keyOf('demo', 't'))).toBeUndefined()
  })

  it('forgets nothing when it is told of what it does not hold', () => {
    const cache = createCache()
    cache.put(cache.keyOf('demo', 't'), principal('a', 'k'))
    cache.evict({})
    cache.evict({ credentialId: 'unknown', accountId: 'unknown' })
    expect(cache.size()).toBe(1)
  })

  it('holds no more than it may: the one used longest ago makes room', () => {
    const cache = createCache(3)
    const key = (token: string) => cache.keyOf('demo', token)
    for (const token of ['1', '2', '3']) cache.put(key(token), principal('a', token))
    cache.find(key('1'))
    cache.put(key('4'), principal('a', '4'))
    const held = ['1', '2', '3', '4'].filter((token) => cache.find(key(token)) !== undefined)
    expect(held).toEqual(['1', '3', '4'])
    expect(cache.size()).toBe(3)
  })

  it('can still forget what stayed when something else made room', () => {
    const cache = createCache(2)
    const names = ['1', '2', '3'].map((token) => cache.keyOf('demo', token))
    for (const name of names) cache.put(name, principal('a', 'k'))
    cache.evict({ accountId: 'a' })
    expect(cache.size()).toBe(0)
  })

  it('replaces: a name means the credential it was put for last', () => {
    const cache = createCache()
    const name = cache.keyOf('demo', 't')
    cache.put(name, principal('a', 'k'))
    cache.put(name, principal('a', 'l'))
    cache.evict({ credentialId: 'k' })
    expect(cache.find(name)?.credentialId).toBe('l')
  })
})
