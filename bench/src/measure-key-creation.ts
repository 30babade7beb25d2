import { performance } from 'node:perf_hooks'
import { createApiKey } from './create-api-key.ts'
import { tables } from './create-tables.ts'
import type { Section } from './section.ts'
import type { Setting } from './setting.ts'
import { median } from './statistics.ts'

/** At each count so many creations are timed. */
const window = 50
/** Flat: no more than this many times what it took with the fewest keys. */
const aim = 1.25

/** (e): time to create one more key with many on the same table already, one after the other. */
export async function* measureKeyCreation({ postern, profile }: Setting): AsyncGenerator<Section> {
  const { keyCounts } = profile
  const timings: number[] = []
  const last = Math.max(...keyCounts) + window
  for (let number = 0; number < last; number += 1) {
    const startedAt = performance.now()
    await createApiKey(postern, `key ${number}`, [tables.places])
    timings.push(performance.now() - startedAt)
  }
  const figures = keyCounts.map((count) => ({
    name: `with ${count.toLocaleString('en')} keys`,
    samples: timings.slice(count, count + window),
  }))
  const fewest = median(figures[0]?.samples ?? [])
  const most = median(figures.at(-1)?.samples ?? [])
  yield {
    title: '(e) To create a key that may select one table',
    explanation:
      'POST /api/v3/api_keys, one after the other, all on the same table. ' +
      `Each line is of ${window} creations.`,
    unit: 'milliseconds',
    figures,
    verdicts: [
      {
        what: `(e) ${figures.at(-1)?.name ?? ''} against ${figures[0]?.name ?? ''}`,
        measured: `${(most / fewest).toFixed(2)} times (${most.toFixed(1)} ms)`,
        aim: { sentence: `at most ${aim} times`, isMet: most <= aim * fewest },
      },
    ],
  }
}
