import { isDeepStrictEqual } from 'node:util'
import { compare, getSamples } from './compare.ts'
import { fetchBody, type HttpTarget, httpContender } from './http-contender.ts'
import type { Section } from './section.ts'
import type { Setting } from './setting.ts'
import { medianRatio } from './statistics.ts'

/** A server that answers the same questions, and how its answers are read. */
export type Rival = HttpTarget & {
  readonly readRows: (body: Buffer) => readonly unknown[]
  /** Postern is to answer at least this many times as many requests. */
  readonly aim: number
}

/** How statements are sent to the SQL API. */
export const sqlPath = (sql: string) => `/api/v2/sql?q=${encodeURIComponent(sql)}`

/** The rows of an answer of the SQL API, and of those who answer like it. */
export function readEnvelope(body: Buffer): readonly unknown[] {
  const { rows, total_rows } = JSON.parse(body.toString('utf8')) as {
    rows: readonly unknown[]
    total_rows: number
  }
  if (total_rows !== rows.length) throw new Error('total_rows is not the number of the rows.')
  return rows
}

/** Sends the same statements to Postern and to its rivals, in turns. */
export async function compareQueries(
  { postern, token, loader, profile }: Setting,
  query: {
    readonly title: string
    readonly explanation: string
    readonly statements: readonly string[]
    readonly rivals: readonly Rival[]
  },
): Promise<Section> {
  const ours: HttpTarget = {
    name: 'Postern',
    port: postern.port,
    token,
    paths: query.statements.map(sqlPath),
  }
  for (const rival of query.rivals) await expectSameRows(ours, rival)

  const samples = await compare(
    [ours, ...query.rivals].map((target) => httpContender(loader, target)),
    profile,
  )
  const mine = getSamples(samples, ours.name)
  const figures = query.rivals.map(({ name, aim }) => ({
    name,
    aim,
    samples: getSamples(samples, name),
    ratio: medianRatio(mine, getSamples(samples, name)),
  }))
  return {
    title: query.title,
    explanation: query.explanation,
    unit: 'requests per second',
    figures: [{ name: ours.name, samples: mine }, ...figures],
    verdicts: figures.map(({ name, ratio, aim }) => ({
      what: `${query.title.slice(0, 3)} against ${name}`,
      measured: ratio.toFixed(2),
      aim: { sentence: `at least ${aim}`, isMet: ratio >= aim },
    })),
  }
}

/** Speed counts for nothing where the answers differ. Times may be written differently. */
async function expectSameRows(ours: HttpTarget, rival: Rival): Promise<void> {
  for (const index of [0, 1, 2]) {
    const [mine, theirs] = await Promise.all([fetchBody(ours, index), fetchBody(rival, index)])
    if (!isDeepStrictEqual(withTimes(readEnvelope(mine)), withTimes(rival.readRows(theirs)))) {
      throw new Error(`${ours.name} and ${rival.name} answer differently.`)
    }
  }
}

function withTimes(rows: readonly unknown[]): unknown[] {
  return (rows as readonly { readonly ts: string }[]).map((row) => ({
    ...row,
    ts: Date.parse(row.ts),
  }))
}
