import { createRateLimits } from '../src/limits/rate-limits.ts'

/** Limits that nobody meets, for tests of something else. */
export const noLimits = createRateLimits({ perSecond: 0, monotonicNow: () => 0 })

/** Where a client of a test may be: an address that is nobody's. */
export const clientAddress = '192.0.2.1'
