/** What one measurement found, ready to be written down. */
export type Section = {
  readonly title: string
  /** How it was measured, in a sentence or two. */
  readonly explanation: string
  readonly unit: string
  readonly figures: readonly Figure[]
  readonly verdicts: readonly Verdict[]
}

/** One line of a table: what was measured in each round, and how Postern stands to it. */
export type Figure = {
  readonly name: string
  readonly samples: readonly number[]
  /** Postern divided by this. */
  readonly ratio?: number
}

/** An aim, and whether it was met. Without an aim it is a fact to know. */
export type Verdict = {
  readonly what: string
  readonly measured: string
  readonly aim?: { readonly sentence: string; readonly isMet: boolean }
}
