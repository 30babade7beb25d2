import { describe, expect, it } from 'vitest'
import type { ErrorCode } from '../errors.ts'
import { accountOfHost, nameAccount } from './name-account.ts'

type Names = { path?: string; host?: string; basicUser?: string; parameter?: string }

const name = ({ path, host, basicUser, parameter }: Names) =>
  nameAccount({ path, host, basicUser, parameter })

describe('the account of a request', () => {
  it.each<[names: Names, account: string | undefined]>([
    [{}, undefined],
    [{ path: 'demo' }, 'demo'],
    [{ host: 'demo' }, 'demo'],
    [{ basicUser: 'demo' }, 'demo'],
    [{ parameter: 'demo' }, 'demo'],
    [{ host: 'demo', parameter: 'demo' }, 'demo'],
    [{ path: 'demo', host: 'demo' }, 'demo'],
    [{ path: 'demo', basicUser: 'demo' }, 'demo'],
    [{ host: 'demo', basicUser: 'demo' }, 'demo'],
    [{ path: 'demo', host: 'demo', basicUser: 'demo' }, 'demo'],
    [{ path: '0-9' }, '0-9'],
    [{ path: 'a'.repeat(63) }, 'a'.repeat(63)],
  ])('named by %j is %s', (names, account) => {
    expect(name(names)).toBe(account)
  })

  it.each<[names: Names, code: ErrorCode]>([
    [{ path: 'demo', parameter: 'other' }, 'account_mismatch'],
    [{ basicUser: 'demo', parameter: 'other' }, 'account_mismatch'],
    [{ path: 'demo', host: 'other' }, 'account_mismatch'],
    [{ path: 'demo', basicUser: 'other' }, 'account_mismatch'],
    [{ host: 'demo', basicUser: 'other' }, 'account_mismatch'],
    [{ path: 'demo', host: 'demo', basicUser: 'other' }, 'account_mismatch'],
    [{ path: 'demo', host: 'other', basicUser: 'demo' }, 'account_mismatch'],
    [{ path: 'demo', basicUser: 'Demo' }, 'account_mismatch'],
    [{ path: 'demo', basicUser: 'demo ' }, 'account_mismatch'],
    // Contract, SQL API: an empty name in Basic differs from the account's like any other.
    [{ path: 'demo', basicUser: '' }, 'account_mismatch'],
    [{ host: 'demo', basicUser: '' }, 'account_mismatch'],

    [{ basicUser: '' }, 'account_not_found'],
    [{ path: 'Demo' }, 'account_not_found'],
    [{ path: '-demo' }, 'account_not_found'],
    [{ path: 'demo-' }, 'account_not_found'],
    [{ path: 'demo\n' }, 'account_not_found'],
    [{ path: 'de/mo' }, 'account_not_found'],
    [{ path: '__proto__' }, 'account_not_found'],
    [{ path: "demo';--" }, 'account_not_found'],
    [{ path: 'a'.repeat(64) }, 'account_not_found'],
  ])('named by %j is refused: %s', (names, code) => {
    expect(() => name(names)).toThrow(expect.objectContaining({ code }))
  })
})

describe('the account of a Host header', () => {
  const ownHosts = ['localhost', 'maps.example.com', 'api.localhost']

  it.each<[host: string | undefined, account: string | undefined]>([
    ['demo.localhost', 'demo'],
    ['demo.localhost:8080', 'demo'],
    ['demo.localhost:', 'demo'],
    ['DEMO.LocalHost:8080', 'demo'],
    ['demo.localhost.', 'demo'],
    ['demo.localhost.:8080', 'demo'],
    ['demo.maps.example.com', 'demo'],
    ['demo.api.localhost', 'demo'],
    ['x-1.maps.example.com:443', 'x-1'],

    [undefined, undefined],
    ['', undefined],
    ['localhost', undefined],
    ['localhost:8080', undefined],
    ['maps.example.com', undefined],
    ['MAPS.example.com.', undefined],
    // One of our own hosts below another of them is no account.
    ['api.localhost:8080', undefined],
    ['127.0.0.1:8080', undefined],
    ['[::1]:8080', undefined],
    ['.localhost', undefined],
    ['demo..localhost', undefined],
    ['a.demo.localhost', undefined],
    ['-demo.localhost', undefined],
    ['de_mo.localhost', undefined],
    ['demo@localhost', undefined],
    ['evil.localhost.example', undefined],
    ['demo.localhost.evil.example', undefined],
    ['demo.example.com', undefined],
    ['example.com', undefined],
    ['evilmaps.example.com', undefined],
    ['demo.localhost:80:80', undefined],
  ])('%s is %s', (host, account) => {
    expect(accountOfHost(host, ownHosts)).toBe(account)
  })

  it('names none where we do not know what we are called', () => {
    expect(accountOfHost('demo.localhost', [])).toBeUndefined()
  })
})
