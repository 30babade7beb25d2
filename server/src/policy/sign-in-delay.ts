const maxDelaySeconds = 15 * 60

/** Failures are forgotten when there was none for so long. */
export const failuresForgottenAfterMs = 24 * 60 * 60 * 1_000

/**
 * For how many seconds nobody may try again after the first failure, the second and so on; the last
 * holds from there on. Twice as long each time, and never so long that a stranger could shut a user
 * out for good.
 */
export const signInDelays = {
  /** Of one user of one account, whoever tries. */
  user: delaysAfter(4),
  /** Of one address, whomever it tries: an office can be behind it. */
  address: delaysAfter(19),
} as const satisfies Record<string, readonly number[]>

function delaysAfter(freeFailures: number): readonly number[] {
  const delays = Array<number>(freeFailures).fill(0)
  for (let seconds = 1; seconds < maxDelaySeconds; seconds *= 2) delays.push(seconds)
  return [...delays, maxDelaySeconds]
}
