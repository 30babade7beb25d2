import { describe, expect, it } from 'vitest'
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
  database: 'a_database',
  role: 'a_role',
  issuedAtMs: 0,
  mayWrite: false,
})

describe('requests in flight', () => {
  it('end with their key, all of them, and no others do', () => {
    const requests = createInFlightRequests()
    const ended = [requests.begin(principal('a', 'k')), requests.begin(principal('a', 'k'))]
    const others = [requests.begin(principal('a', 'l')), requests.begin(principal('b', 'm'))]

    expect(requests.abort({ apiKeyId: 'k' })).toBe(2)

    expect(ended.map(({ signal }) => signal.aborted)).toEqual([true, true])
    expect(ended[0]?.signal.reason).toMatchObject({ code: 'credential_revoked' })
    expect(others.map(({ signal }) => signal.aborted)).toEqual([false, false])
    expect(requests.count()).toBe(2)
  })

  it('end with their account', () => {
    const requests = createInFlightRequests()
    const ended = [requests.begin(principal('a', 'k')), requests.begin(principal('a', 'l'))]
    const other = requests.begin(principal('b', 'm'))
    expect(requests.abort({ accountId: 'a' })).toBe(2)
    expect(ended.map(({ signal }) => signal.aborted)).toEqual([true, true])
    expect(other.signal.aborted).toBe(false)
  })

  it('go on when nothing is named', () => {
    const requests = createInFlightRequests()
    requests.begin(principal('a', 'k'))
    expect(requests.abort({})).toBe(0)
    expect(requests.count()).toBe(1)
  })

  it('are counted once: what is answered or was aborted cannot end again', () => {
    const requests = createInFlightRequests()
    const answered = requests.begin(principal('a', 'k'))
    const left = requests.begin(principal('a', 'k'))
    answered.end()
    left.abort(new AccessError('request_timed_out'))
    expect(requests.count()).toBe(0)
    expect(requests.abort({ apiKeyId: 'k', accountId: 'a' })).toBe(0)
    expect(answered.signal.aborted).toBe(false)
    expect(left.signal.reason).toMatchObject({ code: 'request_timed_out' })
  })

  it('all end, with the reason they are given, when the node may not go on', () => {
    const requests = createInFlightRequests()
    const all = [requests.begin(principal('a', 'k')), requests.begin(principal('b', 'l'))]
    const reason = new AccessError('store_unavailable')
    expect(requests.abortAll(reason)).toBe(2)
    expect(all.map(({ signal }) => signal.reason)).toEqual([reason, reason])
    expect(requests.count()).toBe(0)
  })
})
