import { mkdir, writeFile } from 'node:fs/promises'
import { type Cleanup, createCleanup } from './cleanup.ts'
import { currentLoad, describeMachine } from './describe-machine.ts'
import { measureDecisions } from './measure-decisions.ts'
import { measureExport } from './measure-export.ts'
import { measureKeyCreation } from './measure-key-creation.ts'
import { measurePostgRest } from './measure-postgrest.ts'
import { measureManyRows, measureOneRow } from './measure-queries.ts'
import { measureTiles } from './measure-tiles.ts'
import { measureTokenTiles } from './measure-token-tiles.ts'
import { measureTokens } from './measure-tokens.ts'
import {
  type Arguments,
  type Measurement,
  measurements,
  parseArguments,
} from './parse-arguments.ts'
import { renderReport, renderSection, renderVerdicts } from './render-report.ts'
import type { Section } from './section.ts'
import { prepareSetting, type Setting, sessions } from './setting.ts'

const results = new URL('../results/', import.meta.url)

const measure: Readonly<Record<Measurement, (setting: Setting) => AsyncIterable<Section>>> = {
  a: measureOneRow,
  b: measureManyRows,
  c: measureTiles,
  d: measureDecisions,
  e: measureKeyCreation,
  f: measurePostgRest,
  g: measureExport,
  h: measureTokenTiles,
  i: measureTokens,
}

const say = (message: string) => console.error(message)

/** Measures what was asked for and prints it; a run of everything is also written down. */
async function bench({ profile, only }: Arguments, cleanup: Cleanup): Promise<void> {
  const loadBefore = currentLoad()
  const setting = await prepareSetting(profile, cleanup, say)
  const sections: Section[] = []
  for (const measurement of only) {
    for await (const section of measure[measurement](setting)) {
      sections.push(section)
      console.log(`${renderSection(section)}\n`)
    }
  }
  console.log(renderVerdicts(sections))
  if (only.length < measurements.length) return

  const machine = await describeMachine(setting.backstage, setting.login.database)
  const facts = { date: new Date(), profile: profile.name, sessions, machine, loadBefore }
  await mkdir(results, { recursive: true })
  await writeFile(new URL('latest.md', results), renderReport({ ...facts, sections }))
  say('Written to bench/results/latest.md.')
}

const cleanup = createCleanup((error) => say(`Not everything was cleaned up: ${error}`))
let stopping = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    stopping = true
    say(`Stopping (${signal}).`)
    void cleanup.run().finally(() => process.exit(1))
  })
}
try {
  await bench(parseArguments(process.argv.slice(2)), cleanup)
} catch (error) {
  // What fails because its servers are being stopped is not worth a word.
  if (!stopping) say(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
}
await cleanup.run()
