import { compareQueries, type Rival } from './compare-queries.ts'
import { drawIds, drawRanges, placeColumns, selectOne, selectRange } from './place-requests.ts'
import { findPostgRest, howToInstall, startPostgRest } from './postgrest.ts'
import { manyRows } from './profile.ts'
import type { Section } from './section.ts'
import { type Setting, sessions } from './setting.ts'

/** (f): the same rows through another API in front of the same table. */
export async function* measurePostgRest(setting: Setting): AsyncGenerator<Section> {
  const path = findPostgRest()
  if (path === undefined) {
    yield {
      title: '(f) Against PostgREST',
      explanation: `Not measured: it is not installed here. To install it: ${howToInstall}`,
      unit: 'requests per second',
      figures: [],
      verdicts: [],
    }
    return
  }
  const postgrest = await startPostgRest(path, setting.backstage, setting.login, sessions)
  const rival = (paths: readonly string[], aim: number): Rival => ({
    name: 'PostgREST',
    port: postgrest.port,
    paths,
    readRows: (body) => JSON.parse(body.toString('utf8')) as unknown[],
    aim,
  })
  try {
    const ids = drawIds(setting)
    yield await compareQueries(setting, {
      title: '(f) One row by primary key, against PostgREST',
      explanation: 'The same table, the same role, as many sessions.',
      statements: ids.map(selectOne),
      rivals: [
        rival(
          ids.map((id) => `/places?id=eq.${id}&select=${placeColumns}`),
          3,
        ),
      ],
    })
    const firsts = drawRanges(setting)
    const range = (first: number) =>
      `/places?id=gte.${first}&id=lt.${first + manyRows}&order=id&select=${placeColumns}`
    yield await compareQueries(setting, {
      title: `(f) ${manyRows.toLocaleString('en')} rows, against PostgREST`,
      explanation: 'The same table, the same role, as many sessions.',
      statements: firsts.map(selectRange),
      rivals: [rival(firsts.map(range), 1.5)],
    })
  } finally {
    await postgrest.stop()
  }
}
