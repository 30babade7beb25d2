import { beforeEach, describe, expect, it } from 'vitest'
import type { Observation } from '../observations.ts'
import { createUsageCounts, type UsageCounts } from './count-usage.ts'

const hourMs = 3_600_000
let nowMs: number
let counts: UsageCounts

beforeEach(() => {
  nowMs = Date.parse('2026-11-21T14:30:00Z')
  counts = createUsageCounts({ maxEntries: 3, now: () => nowMs })
})

type Completed = Extract<Observation, { event: 'request_completed' }>

function complete(changes: Partial<Completed> = {}): void {
  counts.count({
    event: 'request_completed',
    requestId: 'request',
    operation: 'runSql',
    method: 'GET',
    path: '/api/v2/sql',
    status: 200,
    durationMs: 1,
    bytesSent: 1,
    account: 'demo',
    credentialId: 'key',
    credentialKind: 'regular',
    ...changes,
  })
}

describe('usage is counted', () => {
  it('by key, API and hour, with the time of the last request', () => {
    complete()
    complete({ operation: 'postSql' })
    complete({ operation: 'getTableTile' })
    nowMs += hourMs
    complete()
    expect(counts.take()).toEqual([
      increment({ requests: 2 }),
      increment({ api: 'maps', requests: 1 }),
      increment({
        hour: new Date('2026-11-21T15:00:00Z'),
        lastUsedAt: new Date(nowMs),
        requests: 1,
      }),
    ])
    expect(counts.take()).toEqual([])
  })

  it('with refusals apart from errors, also where the answer had begun as 200', () => {
    complete({ status: 403, error: 'permission_denied' })
    complete({ status: 401, error: 'master_key_required' })
    complete({ status: 429, error: 'rate_limited' })
    complete({ status: 429, error: 'statement_timed_out' })
    complete({ status: 200, error: 'sql_error' })
    complete({ status: 500, error: 'internal_error' })
    expect(counts.take()).toEqual([increment({ requests: 6, errors: 3, denials: 3 })])
  })

  it('for nobody before a key is known, and where no key is asked for', () => {
    complete({ credentialId: undefined, status: 401, error: 'invalid_credential' })
    complete({ operation: 'getHealth' })
    complete({ operation: 'none' })
    counts.count({ event: 'stopped' })
    expect(counts.take()).toEqual([])
  })
})

describe('what could not be written down', () => {
  it('is added to what has been counted since', () => {
    complete()
    const taken = counts.take()
    nowMs += 1_000
    complete({ error: 'sql_error' })
    counts.putBack(taken)
    expect(counts.take()).toEqual([
      increment({ requests: 2, errors: 1, lastUsedAt: new Date(nowMs) }),
    ])
  })

  it('has room up to a bound; what goes beyond is told', () => {
    for (const key of ['a', 'b', 'c', 'd', 'e']) complete({ credentialId: key })
    complete({ credentialId: 'a' })
    expect(counts.takeLost()).toBe(2)
    const taken = counts.take()
    expect(taken.map(({ credentialId, requests }) => [credentialId, requests])).toEqual([
      ['a', 2],
      ['b', 1],
      ['c', 1],
    ])
    complete({ credentialId: 'f' })
    counts.putBack(taken)
    expect(counts.takeLost()).toBe(1)
    expect(counts.takeLost()).toBe(0)
  })
})

function increment(changes: Record<string, unknown>): Record<string, unknown> {
  return {
    credentialId: 'key',
    api: 'sql',
    hour: new Date('2026-11-21T14:00:00Z'),
    lastUsedAt: new Date('2026-11-21T14:30:00Z'),
    requests: 0,
    errors: 0,
    denials: 0,
    ...changes,
  }
}
