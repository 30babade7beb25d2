/** One way of doing the same work. */
export type Contender = {
  readonly name: string
  /** Works for so long, and says how many times per second the work was done. */
  run(durationMs: number): Promise<number>
}

/** What each round measured, by the name of the contender. */
export type Samples = ReadonlyMap<string, readonly number[]>

/** Lets the contenders work in turns, A B C A B C, each alone, after a warm-up that is not counted. */
export async function compare(
  contenders: readonly Contender[],
  options: { readonly rounds: number; readonly roundMs: number; readonly warmUpMs: number },
): Promise<Samples> {
  const samples = new Map<string, number[]>(contenders.map(({ name }) => [name, []]))
  for (const contender of contenders) await contender.run(options.warmUpMs)
  for (let round = 0; round < options.rounds; round += 1) {
    for (const contender of contenders) {
      samples.get(contender.name)?.push(await contender.run(options.roundMs))
    }
  }
  return samples
}

/** The samples of one contender. Throws for a name that did not take part. */
export function getSamples(samples: Samples, name: string): readonly number[] {
  const found = samples.get(name)
  if (found === undefined) throw new Error(`${name} was not measured.`)
  return found
}
