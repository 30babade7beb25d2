export type Rate = {
  /** How many come free each second. */
  readonly perSecond: number
  /** How many can be taken at once. */
  readonly burst: number
}

/** What became of an attempt, as rate limit headers tell it. Whole numbers all. */
export type Allowance = {
  readonly isAllowed: boolean
  readonly limit: number
  readonly remaining: number
  /** Until all of `limit` is there again. */
  readonly resetSeconds: number
  /** Until the next attempt can succeed; 0 when this one did. */
  readonly retryAfterSeconds: number
}

export type Buckets = {
  /** Takes one from the bucket of this key, if there is one to take. */
  take(key: string, rate: Rate): Allowance
  /** What `take` would say now, without taking. */
  look(key: string, rate: Rate): Allowance
  size(): number
}

/** Sums of fractions of a millisecond are not exact. */
const toleranceMs = 0.001

/**
 * One number per key: when its bucket will be full again (the generic cell rate algorithm). A
 * bucket that is full need not be remembered, so the one that was used longest ago makes room.
 */
export function createBuckets(options: {
  readonly maxBuckets: number
  readonly monotonicNow: () => number
}): Buckets {
  const { maxBuckets, monotonicNow } = options
  // A Map keeps insertion order: the first entry is the one used longest ago.
  const fullAt = new Map<string, number>()

  function attempt(key: string, rate: Rate, isTaken: boolean): Allowance {
    const now = monotonicNow()
    const intervalMs = 1_000 / rate.perSecond
    const capacityMs = intervalMs * rate.burst
    // Never emptier than empty: the rate may have been another when it was last used.
    const missingMs = Math.min(Math.max((fullAt.get(key) ?? 0) - now, 0), capacityMs)
    const nextMs = missingMs + intervalMs
    const isAllowed = nextMs <= capacityMs + toleranceMs
    const leftMs = isAllowed && isTaken ? nextMs : missingMs
    if (isTaken) {
      fullAt.delete(key)
      fullAt.set(key, now + leftMs)
      if (fullAt.size > maxBuckets) forgetOldest()
    }
    return {
      isAllowed,
      limit: rate.burst,
      remaining: Math.floor((capacityMs - leftMs + toleranceMs) / intervalMs),
      resetSeconds: Math.ceil(leftMs / 1_000),
      retryAfterSeconds: isAllowed ? 0 : Math.max(1, Math.ceil((nextMs - capacityMs) / 1_000)),
    }
  }

  function forgetOldest(): void {
    const oldest = fullAt.keys().next().value
    if (oldest !== undefined) fullAt.delete(oldest)
  }

  return {
    take: (key, rate) => attempt(key, rate, true),
    look: (key, rate) => attempt(key, rate, false),
    size: () => fullAt.size,
  }
}
