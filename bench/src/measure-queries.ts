import { isDeepStrictEqual } from 'node:util'
import { compare, getSamples } from './compare.ts'
import { fetchBody, type HttpTarget, httpContender } from './http-contender.ts'
import { manyRows } from './profile.ts'
import type { Section } from './section.ts'
import { seededIntegers } from './seeded-random.ts'
import type { Setting } from './setting.ts'
import { medianRatio } from './statistics.ts'

const columns = 'id, name, n, ts'
/** More than a server could remember the answers of without anybody noticing. */
const differentRequests = 20_000

/** (a): one row by its primary key. */
export async function* measureOneRow(setting: Setting): AsyncGenerator<Section> {
  const ids = seededIntegers(1, differentRequests, {
    first: 1,
    last: setting.profile.rows.places,
  })
  yield await measureQuery(setting, {
    title: '(a) One row by primary key, through the SQL API',
    explanation: 'A regular key, a different id in each request, as SQL text.',
    statements: ids.map((id) => `select ${columns} from places where id = ${id}`),
    aim: 0.75,
    variants: [objects],
  })
}

/** (b): a thousand rows. */
export async function* measureManyRows(setting: Setting): AsyncGenerator<Section> {
  const firsts = seededIntegers(2, differentRequests, {
    first: 1,
    last: setting.profile.rows.places - manyRows,
  })
  yield await measureQuery(setting, {
    title: `(b) ${manyRows.toLocaleString('en')} rows as JSON, through the SQL API`,
    explanation: 'A regular key, different rows in each request.',
    statements: firsts.map(
      (first) =>
        `select ${columns} from places where id >= ${first} and id < ${first + manyRows} order by id`,
    ),
    aim: 0.85,
    variants: [objects, text],
  })
}

/** One way in which a bare server may answer a statement. */
type Variant = {
  readonly name: string
  readonly path: string
  readonly wrap: (statement: string) => string
}

const objects: Variant = {
  name: 'node:http + pg, JSON.stringify',
  path: '/objects',
  wrap: (statement) => statement,
}

const text: Variant = {
  name: 'node:http + pg, json_agg passed through',
  path: '/text',
  wrap: (statement) =>
    `select json_agg(t)::text as rows, count(*)::int as total_rows from (${statement}) as t`,
}

async function measureQuery(
  { postern, token, bare, loader, profile }: Setting,
  query: {
    readonly title: string
    readonly explanation: string
    readonly statements: readonly string[]
    readonly aim: number
    readonly variants: readonly Variant[]
  },
): Promise<Section> {
  const ours: HttpTarget = {
    name: 'Postern',
    port: postern.port,
    token,
    paths: query.statements.map((sql) => `/api/v2/sql?q=${encodeURIComponent(sql)}`),
  }
  const others = query.variants.map(
    ({ name, path, wrap }): HttpTarget => ({
      name,
      port: bare.port,
      paths: query.statements.map((sql) => `${path}?q=${encodeURIComponent(wrap(sql))}`),
    }),
  )
  for (const other of others) await expectSameRows(ours, other)

  const samples = await compare(
    [ours, ...others].map((target) => httpContender(loader, target)),
    profile,
  )
  const mine = getSamples(samples, ours.name)
  const ratios = others.map(({ name }) => ({
    name,
    samples: getSamples(samples, name),
    ratio: medianRatio(mine, getSamples(samples, name)),
  }))
  return {
    title: query.title,
    explanation: query.explanation,
    unit: 'requests per second',
    figures: [{ name: ours.name, samples: mine }, ...ratios],
    verdicts: ratios.map(({ name, ratio }) => ({
      what: `${query.title.slice(0, 3)} against ${name}`,
      measured: ratio.toFixed(2),
      aim: { sentence: `at least ${query.aim}`, isMet: ratio >= query.aim },
    })),
  }
}

/** Speed counts for nothing where the answers differ. Times may be written differently. */
async function expectSameRows(one: HttpTarget, other: HttpTarget): Promise<void> {
  for (const index of [0, 1, 2]) {
    const [mine, theirs] = await Promise.all(
      [one, other].map(async (target) => readRows(await fetchBody(target, index))),
    )
    if (!isDeepStrictEqual(mine, theirs)) {
      throw new Error(`${one.name} and ${other.name} answer differently.`)
    }
  }
}

function readRows(body: Buffer): unknown {
  const { rows, total_rows } = JSON.parse(body.toString('utf8')) as {
    rows: readonly { readonly ts: string }[]
    total_rows: number
  }
  return { total_rows, rows: rows.map((row) => ({ ...row, ts: Date.parse(row.ts) })) }
}
