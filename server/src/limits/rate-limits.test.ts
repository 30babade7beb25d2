import { beforeEach, describe, expect, it } from 'vitest'
import { createRateLimits, type RateLimits } from './rate-limits.ts'

let nowMs: number
let limits: RateLimits

beforeEach(() => {
  nowMs = 0
  limits = createRateLimits({ perSecond: 10, monotonicNow: () => nowMs })
})

const regular = (credentialId: string) => ({ credentialId, kind: 'regular' as const })
const open = (credentialId: string) => ({ credentialId, kind: 'default' as const })

/** How many requests of `times` are let through. */
function count(times: number, take: () => ReturnType<RateLimits['take']>): number {
  return Array.from({ length: times }, take).filter((allowance) => allowance?.isAllowed).length
}

describe('a credential', () => {
  it('may ask for ten seconds worth at once, in each group of its own', () => {
    const { take } = limits
    expect(count(300, () => take(regular('a'), 'query', '192.0.2.1'))).toBe(100)
    expect(count(300, () => take(regular('a'), 'tile', '192.0.2.1'))).toBe(200)
    expect(count(300, () => take(regular('a'), 'auth', '192.0.2.1'))).toBe(10)
  })

  it('has the same wherever it is used from, and takes nothing from others', () => {
    const { take } = limits
    expect(count(60, () => take(regular('a'), 'query', '192.0.2.1'))).toBe(60)
    expect(count(60, () => take(regular('a'), 'query', '192.0.2.2'))).toBe(40)
    expect(count(60, () => take(regular('b'), 'query', '192.0.2.1'))).toBe(60)
  })
})

describe('a key of an account with a limit of its own', () => {
  it('has that, whatever the others have', () => {
    const mine = { ...regular('a'), requestsPerSecond: 2 }
    expect(count(300, () => limits.take(mine, 'query', '192.0.2.1'))).toBe(20)
    const theirs = { ...open('p'), requestsPerSecond: 20 }
    expect(count(300, () => limits.take(theirs, 'query', '192.0.2.1'))).toBe(20)
  })

  it('has it at once when it is lowered, as full as it was, and none when it says so', () => {
    expect(count(60, () => limits.take(regular('a'), 'query', '192.0.2.1'))).toBe(60)
    const lowered = { ...regular('a'), requestsPerSecond: 1 }
    expect(count(60, () => limits.take(lowered, 'query', '192.0.2.1'))).toBe(4)
    const unlimited = { ...regular('a'), requestsPerSecond: 0 }
    expect(limits.take(unlimited, 'query', '192.0.2.1')).toBeUndefined()
  })
})

describe('a public key', () => {
  it('gives each address a tenth, so that one cannot spend what is for all', () => {
    const { take } = limits
    expect(count(300, () => take(open('p'), 'query', '192.0.2.1'))).toBe(10)
    expect(count(300, () => take(open('p'), 'query', '192.0.2.2'))).toBe(10)
    expect(count(300, () => take(open('q'), 'query', '192.0.2.1'))).toBe(10)
  })

  it('has an allowance of its own that all addresses share', () => {
    let allowed = 0
    for (let client = 0; client < 200; client += 1) {
      if (limits.take(open('p'), 'query', `198.51.100.${client}`)?.isAllowed) allowed += 1
    }
    expect(allowed).toBe(100)
    expect(limits.take(regular('a'), 'query', '198.51.100.1')?.isAllowed).toBe(true)
  })

  it('tells the tighter of the two', () => {
    expect(limits.take(open('p'), 'query', '192.0.2.1')).toMatchObject({ limit: 10, remaining: 9 })
    for (let client = 0; client < 95; client += 1) {
      limits.take(open('p'), 'query', `198.51.100.${client}`)
    }
    expect(limits.take(open('p'), 'query', '192.0.2.1')).toMatchObject({ limit: 100, remaining: 3 })
  })

  it('takes all addresses of one subscriber for one', () => {
    const { take } = limits
    expect(count(8, () => take(open('p'), 'query', '2001:db8::1'))).toBe(8)
    expect(count(8, () => take(open('p'), 'query', '2001:db8::ffff:2'))).toBe(2)
  })
})

describe('refusals', () => {
  it('are counted by address, until it may present nothing more that we do not know', () => {
    for (let refused = 0; refused < 1_000; refused += 1) {
      expect(limits.lookAtRefusals('192.0.2.1')?.isAllowed).toBe(true)
      limits.countRefusal('192.0.2.1')
    }
    expect(limits.lookAtRefusals('192.0.2.1')).toMatchObject({
      isAllowed: false,
      remaining: 0,
      retryAfterSeconds: 1,
    })
    expect(limits.lookAtRefusals('192.0.2.2')?.isAllowed).toBe(true)
    nowMs += 1_000
    expect(limits.lookAtRefusals('192.0.2.1')?.isAllowed).toBe(true)
  })

  it('take nothing from what credentials are allowed', () => {
    for (let refused = 0; refused < 2_000; refused += 1) limits.countRefusal('192.0.2.1')
    expect(limits.take(regular('a'), 'query', '192.0.2.1')?.isAllowed).toBe(true)
  })
})

it('without a rate there are no limits, and nothing is told', () => {
  const none = createRateLimits({ perSecond: 0, monotonicNow: () => 0 })
  for (let refused = 0; refused < 2_000; refused += 1) none.countRefusal('192.0.2.1')
  expect(none.lookAtRefusals('192.0.2.1')).toBeUndefined()
  expect(none.take(regular('a'), 'query', '192.0.2.1')).toBeUndefined()
})
