import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Principal } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import { createInFlightRequests } from './in-flight.ts'

const principal = (accountId: string, credentialId: string): Principal => ({
  accountId,
  accountName: 'demo',
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

describe('requests under a credential that expires', () => {
  const expiring = { ...principal('a', 'k'), expiresAtMs: 1_000 }

  beforeEach(() => {
    vi.useFakeTimers()
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('end at that moment, and no others do', () => {
    const requests = createInFlightRequests({ now: () => 400 })
    const ended = requests.begin(expiring)
    const other = requests.begin(principal('a', 'l'))
    vi.advanceTimersByTime(599)
    expect(ended.signal.aborted).toBe(false)
    vi.advanceTimersByTime(1)
    expect(ended.signal.reason).toMatchObject({ code: 'credential_revoked' })
    expect(other.signal.aborted).toBe(false)
    expect(requests.count()).toBe(1)
  })

  it('leave no timer behind when they are answered or aborted before', () => {
    const requests = createInFlightRequests({ now: () => 0 })
    requests.begin(expiring).end()
    requests.begin(expiring).abort(new AccessError('request_timed_out'))
    requests.begin(expiring)
    requests.abort({ accountId: 'a' })
    expect(vi.getTimerCount()).toBe(0)
  })

  it('are not ended at once because the time is further off than a timer can wait', () => {
    const requests = createInFlightRequests({ now: () => 0 })
    const request = requests.begin({ ...expiring, expiresAtMs: 1e12 })
    vi.advanceTimersByTime(1_000)
    expect(request.signal.aborted).toBe(false)
  })
})

describe('requests in flight', () => {
  it('end with the regular keys of an account, and those of its other keys go on', () => {
    const requests = createInFlightRequests({ now: Date.now })
    const regular = requests.begin(principal('a', 'k'))
    const master = requests.begin({ ...principal('a', 'm'), kind: 'master' })
    expect(requests.abort({ accountId: 'a', only: 'regular' })).toBe(1)
    expect([regular.signal.aborted, master.signal.aborted]).toEqual([true, false])
  })

  it('end with their key, all of them, and no others do', () => {
    const requests = createInFlightRequests({ now: Date.now })
    const ended = [requests.begin(principal('a', 'k')), requests.begin(principal('a', 'k'))]
    const others = [requests.begin(principal('a', 'l')), requests.begin(principal('b', 'm'))]

    expect(requests.abort({ credentialId: 'k' })).toBe(2)

    expect(ended.map(({ signal }) => signal.aborted)).toEqual([true, true])
    expect(ended[0]?.signal.reason).toMatchObject({ code: 'credential_revoked' })
    expect(others.map(({ signal }) => signal.aborted)).toEqual([false, false])
    expect(requests.count()).toBe(2)
  })

  it('end with their account', () => {
    const requests = createInFlightRequests({ now: Date.now })
    const ended = [requests.begin(principal('a', 'k')), requests.begin(principal('a', 'l'))]
    const other = requests.begin(principal('b', 'm'))
    expect(requests.abort({ accountId: 'a' })).toBe(2)
    expect(ended.map(({ signal }) => signal.aborted)).toEqual([true, true])
    expect(other.signal.aborted).toBe(false)
  })

  it('end with what the public may read, but for those of the master key', () => {
    const requests = createInFlightRequests({ now: () => 0 })
    const master = requests.begin({ ...principal('a', 'k'), kind: 'master' })
    const key = requests.begin(principal('a', 'l'))
    const anybody = requests.begin({ ...principal('a', 'm'), kind: 'default' })
    const other = requests.begin({ ...principal('b', 'n'), kind: 'default' })
    // One of these may be what closes a table: it has to be answered.
    const user = requests.begin({ ...principal('a', 'o'), kind: 'session', user: {} as never })
    expect(requests.abortPublic('a')).toBe(2)
    expect(user.signal.aborted).toBe(false)
    expect(key.signal.reason).toMatchObject({ code: 'access_changed' })
    expect(anybody.signal.aborted).toBe(true)
    expect([master.signal.aborted, other.signal.aborted]).toEqual([false, false])
  })

  it('go on when nothing is named', () => {
    const requests = createInFlightRequests({ now: Date.now })
    requests.begin(principal('a', 'k'))
    expect(requests.abort({})).toBe(0)
    expect(requests.count()).toBe(1)
  })

  it('are counted once: what is answered or was aborted cannot end again', () => {
    const requests = createInFlightRequests({ now: Date.now })
    const answered = requests.begin(principal('a', 'k'))
    const left = requests.begin(principal('a', 'k'))
    answered.end()
    left.abort(new AccessError('request_timed_out'))
    expect(requests.count()).toBe(0)
    expect(requests.abort({ credentialId: 'k', accountId: 'a' })).toBe(0)
    expect(answered.signal.aborted).toBe(false)
    expect(left.signal.reason).toMatchObject({ code: 'request_timed_out' })
  })

  it('all end, with the reason they are given, when the node may not go on', () => {
    const requests = createInFlightRequests({ now: Date.now })
    const all = [requests.begin(principal('a', 'k')), requests.begin(principal('b', 'l'))]
    const reason = new AccessError('store_unavailable')
    expect(requests.abortAll(reason)).toBe(2)
    expect(all.map(({ signal }) => signal.reason)).toEqual([reason, reason])
    expect(requests.count()).toBe(0)
  })
})
