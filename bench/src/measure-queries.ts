import { compareQueries, type Rival, readEnvelope } from './compare-queries.ts'
import { drawIds, drawRanges, selectOne, selectRange } from './place-requests.ts'
import { manyRows } from './profile.ts'
import type { Section } from './section.ts'
import type { Setting } from './setting.ts'

/** (a): one row by its primary key. */
export async function* measureOneRow(setting: Setting): AsyncGenerator<Section> {
  const statements = drawIds(setting).map(selectOne)
  yield await compareQueries(setting, {
    title: '(a) One row by primary key, through the SQL API',
    explanation: 'A regular key, a different id in each request, as SQL text.',
    statements,
    rivals: [bareObjects(setting, statements, 0.75)],
  })
}

/** (b): a thousand rows. */
export async function* measureManyRows(setting: Setting): AsyncGenerator<Section> {
  const statements = drawRanges(setting).map(selectRange)
  yield await compareQueries(setting, {
    title: `(b) ${manyRows.toLocaleString('en')} rows as JSON, through the SQL API`,
    explanation: 'A regular key, different rows in each request.',
    statements,
    rivals: [bareObjects(setting, statements, 0.85), bareText(setting, statements, 0.85)],
  })
}

/** Rows as pg makes them, written out as JSON. */
function bareObjects({ bare }: Setting, statements: readonly string[], aim: number): Rival {
  return {
    name: 'node:http + pg, JSON.stringify',
    port: bare.port,
    paths: statements.map((sql) => `/objects?q=${encodeURIComponent(sql)}`),
    readRows: readEnvelope,
    aim,
  }
}

/** JSON as PostgreSQL makes it, passed through. */
function bareText({ bare }: Setting, statements: readonly string[], aim: number): Rival {
  const wrap = (sql: string) =>
    `select json_agg(t)::text as rows, count(*)::int as total_rows from (${sql}) as t`
  return {
    name: 'node:http + pg, json_agg passed through',
    port: bare.port,
    paths: statements.map((sql) => `/text?q=${encodeURIComponent(wrap(sql))}`),
    readRows: readEnvelope,
    aim,
  }
}
