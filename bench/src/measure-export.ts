import { performance } from 'node:perf_hooks'
import { type Contender, compare, getSamples } from './compare.ts'
import { sqlPath } from './compare-queries.ts'
import { fetchBody, type HttpTarget } from './http-contender.ts'
import { findPsql, psqlContender } from './psql.ts'
import type { Section } from './section.ts'
import type { Setting } from './setting.ts'
import { medianRatio } from './statistics.ts'

const exportedRows = 200_000
const aim = 0.5

/** (g): a long result as CSV, one export at a time. */
export async function* measureExport(setting: Setting): AsyncGenerator<Section> {
  const { postern, token, backstage, login, profile } = setting
  const statement = `select cartodb_id, name, kind, geom from points limit ${exportedRows}`
  const path = await findPsql(backstage)
  const ours: HttpTarget = {
    name: 'Postern',
    port: postern.port,
    token,
    paths: [`${sqlPath(statement)}&format=csv`],
  }
  await expectWhole(ours)
  const rival =
    path === undefined
      ? undefined
      : psqlContender({ path, environment: backstage.programEnvironment, login, statement })
  const samples = await compare(
    [exportContender(ours), ...(rival === undefined ? [] : [rival])],
    profile,
  )
  const mine = getSamples(samples, ours.name)
  const theirs = rival === undefined ? undefined : getSamples(samples, rival.name)
  const ratio = theirs === undefined ? undefined : medianRatio(mine, theirs)
  yield {
    title: `(g) ${exportedRows.toLocaleString('en')} rows with geometries as CSV, through the SQL API`,
    explanation:
      'One export after the other, each read to its end.' +
      (rival === undefined ? ' psql is not installed here.' : ''),
    unit: 'exports per second',
    figures: [
      { name: ours.name, samples: mine },
      ...(rival === undefined || theirs === undefined || ratio === undefined
        ? []
        : [{ name: rival.name, samples: theirs, ratio }]),
    ],
    verdicts:
      rival === undefined || ratio === undefined
        ? []
        : [
            {
              what: `(g) against ${rival.name}`,
              measured: ratio.toFixed(2),
              aim: { sentence: `at least ${aim}`, isMet: ratio >= aim },
            },
          ],
  }
}

function exportContender(target: HttpTarget): Contender {
  return {
    name: target.name,
    async run(durationMs) {
      const startedAt = performance.now()
      let exports = 0
      while (exports === 0 || performance.now() - startedAt < durationMs) {
        await fetchBody(target, 0)
        exports += 1
      }
      return (1_000 * exports) / (performance.now() - startedAt)
    },
  }
}

/** A header and a line for each row: none of the values has a line break. */
async function expectWhole(target: HttpTarget): Promise<void> {
  const lines = (await fetchBody(target, 0)).toString('utf8').trimEnd().split('\n').length
  if (lines !== exportedRows + 1) throw new Error(`${target.name} sent ${lines} lines.`)
}
