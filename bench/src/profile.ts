/** How much a run measures. Both profiles measure the same things. */
export type Profile = {
  readonly name: 'full' | 'quick'
  /** How often each contender has its turn. */
  readonly rounds: number
  readonly roundMs: number
  readonly warmUpMs: number
  readonly rows: { readonly places: number; readonly points: number; readonly polygons: number }
  /** With how many keys on one table the creation of another is timed; ascending. */
  readonly keyCounts: readonly number[]
}

/** HTTP connections that a load keeps busy. */
export const concurrency = 16

/** How many rows the many-rows query returns. */
export const manyRows = 1_000

const full: Profile = {
  name: 'full',
  rounds: 5,
  roundMs: 1_500,
  // The server has more code to become warm than what it is compared with.
  warmUpMs: 2_000,
  rows: { places: 100_000, points: 1_000_000, polygons: 50_000 },
  keyCounts: [10, 1_000, 5_000],
}

const quick: Profile = {
  name: 'quick',
  rounds: 3,
  roundMs: 1_000,
  warmUpMs: 2_000,
  rows: { places: 20_000, points: 200_000, polygons: 20_000 },
  keyCounts: [10, 250, 500],
}

export const profiles = { full, quick } as const
