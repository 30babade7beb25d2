/** The middle of the values, or the mean of the two in the middle. Throws when there are none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const upper = sorted[Math.floor(sorted.length / 2)]
  const lower = sorted[Math.ceil(sorted.length / 2) - 1]
  if (upper === undefined || lower === undefined) throw new Error('There is nothing to measure.')
  return (lower + upper) / 2
}

/**
 * How much `values` are of `of`: the median of the ratios of the rounds. The two of one round were
 * measured one after the other, so what slows the machine down for a while slows both.
 */
export function medianRatio(values: readonly number[], of: readonly number[]): number {
  return median(values.map((value, round) => value / (of[round] ?? Number.NaN)))
}
