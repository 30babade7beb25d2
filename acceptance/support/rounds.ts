/** How often to try what depends on chance: so often usually, and so often in `npm run test:long`. */
export function rounds(usually: number, long: number): number {
  return process.env.POSTERN_TEST_LONG === '1' ? long : usually
}

/**
 * One of several ways, the next of them with each `turn`, so that all are gone in the course of a
 * file; in `npm run test:long` all of them each time.
 */
export function waysInTurn<Way>(ways: readonly Way[], turn: number): readonly Way[] {
  const index = turn % ways.length
  return process.env.POSTERN_TEST_LONG === '1' ? ways : ways.slice(index, index + 1)
}
