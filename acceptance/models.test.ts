import fc from 'fast-check'
import * as h3 from 'h3-js'
import * as quadbin from 'quadbin'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runAsOwner } from './support/populate-account.ts'
import { type Postern, startPostern } from './support/postern.ts'
import { createKey, send } from './support/requests.ts'
import { compareAnswers } from './widgets/compare-answers.ts'
import { compareStats } from './widgets/compare-stats.ts'
import { loadWidgetData } from './widgets/load-widget-data.ts'
import { questionsAbout } from './widgets/questions.ts'
import type { Kind, Value, WidgetData } from './widgets/widget-data.ts'

// The models that widgets ask, and statistics: compared with what the client library calculates from
// the same rows, and with straightforward SQL. `npm run check:real-data` does the same with more data.

let postern: Postern
let readerToken: string

const seed = 20_261_121

const kinds: readonly (readonly [name: string, kind: Kind, values: fc.Arbitrary<Value>])[] = [
  ['whole', 'number', fc.integer({ min: -5, max: 2_000_000_000 })],
  ['part', 'number', fc.double({ min: -1e6, max: 1e6, noNaN: true })],
  [
    'NAME',
    'text',
    fc.constantFrom('Évora', 'evora', 'Zürich', '100%_\\', "O'Neill", 'null', 'ñ', ''),
  ],
  ['is open', 'boolean', fc.boolean()],
  [
    'seen',
    'time',
    fc
      .integer({ min: Date.UTC(1969, 11, 29), max: Date.UTC(2024, 1, 29) })
      .map((ms) => new Date(ms).toISOString()),
  ],
]

const generated = fc
  .array(
    fc.record({
      row: fc.record(
        Object.fromEntries(kinds.map(([name, , values]) => [name, fc.option(values, { freq: 6 })])),
      ),
      place: fc.option(
        fc.tuple(fc.integer({ min: -179, max: 179 }), fc.integer({ min: -80, max: 80 })),
      ),
    }),
    { minLength: 15, maxLength: 40 },
  )
  .map(
    (features): Omit<WidgetData, 'table'> => ({
      columns: kinds.map(([name, kind]) => ({ name, kind })),
      rows: features.map(({ row }) => row),
      geometries: features.map(({ place }) =>
        place === null ? null : { type: 'Point', coordinates: place },
      ),
    }),
  )

const [place, elsewhere] = [
  [-3.7, 40.4],
  [2.35, 48.86],
] as const

beforeAll(async () => {
  postern = await startPostern()
  const { demo } = postern
  const cells = [place, elsewhere].map(([x, y], index) => {
    const cell = h3.latLngToCell(y, x, 7)
    const side = 2 ** 12
    const sine = Math.sin((y * Math.PI) / 180)
    const tile = {
      x: Math.floor((x / 360 + 0.5) * side),
      y: Math.floor((0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * side),
      z: 12,
    }
    return `(${index + 1}, '${cell}', ${BigInt(`0x${cell}`)}, ${quadbin.tileToCell(tile)})`
  })
  for (const statement of [
    `create table visits (
       id int, kind text, sold int, lost int, seen timestamptz, geom geometry(Point, 4326))`,
    `insert into visits values
       (1, 'a', 10, 1, '2024-01-01 00:00:00+00', st_setsrid(st_makepoint(-3.7, 40.4), 4326)),
       (2, 'a', 20, null, '2024-01-01 10:14:59.999+00', st_setsrid(st_makepoint(2.35, 48.86), 4326)),
       (3, 'b', 30, 3, '2024-03-31 23:59:59+00', st_setsrid(st_makepoint(2.35, 48.86), 4326)),
       (4, null, null, null, '2025-02-01 00:00:00+00', null)`,
    'create table secrets as select 1 as id',
    'create table cells (id int, h3 text, h3int bigint, quadbin bigint)',
    `insert into cells values ${cells.join(', ')}`,
  ]) {
    await runAsOwner(postern, demo, statement)
  }
  const key = await createKey(postern, demo, {
    apis: ['sql'],
    tables: [{ name: 'visits', permissions: ['select'] }],
  })
  readerToken = key.token
})
afterAll(() => postern.stop())

/** Asks a model; `how` is a method. */
async function ask(
  model: string,
  params: object,
  more: Record<string, unknown> = {},
  { token = postern.demo.master_key, how = 'GET' } = {},
) {
  const parameters = {
    type: 'table',
    source: 'visits',
    params,
    queryParameters: '',
    filters: {},
    filtersLogicalOperator: 'and',
    spatialDataType: 'geo',
    spatialDataColumn: 'geom',
    client: 'a test',
    ...more,
  }
  const url = `${postern.demo.base_url}/v3/sql/default/model/${model}`
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  const query = new URLSearchParams(
    Object.entries(parameters).map(([name, value]): [string, string] => [name, text(value)]),
  )
  const answer =
    how === 'GET'
      ? await send(`${url}?${query}`, { headers })
      : await send(url, { method: 'POST', headers, body: JSON.stringify(parameters) })
  return { status: answer.status, ...answer.json<{ rows?: unknown[]; metadata?: unknown }>() }
}

describe('answers are those of the client’s own calculation and of plain SQL', () => {
  const datasets = fc.sample(generated, { seed, numRuns: 1 })

  test.each(datasets.map((data, index) => [`generated_${index}`, data] as const))(
    '%s',
    async (table, rest) => {
      const data = { ...rest, table }
      await loadWidgetData(postern, postern.demo, data)
      await expectNoDifference(data)
    },
  )

  test('the demo’s capitals', async () => {
    const rows = await runAsOwner(
      postern,
      postern.demo,
      'select country, population, st_asgeojson(the_geom)::json as place from capitals',
    )
    await expectNoDifference({
      table: 'capitals',
      columns: [
        { name: 'country', kind: 'text' },
        { name: 'population', kind: 'number' },
      ],
      rows: rows.map(({ place: _, ...row }) => row as Record<string, Value>),
      geometries: rows.map((row) => row.place as never),
    })
  })

  async function expectNoDifference(data: WidgetData) {
    // The demo's geometry is called otherwise, which plain SQL has to know.
    const questions = questionsAbout(data).map(({ sql, ...question }) => ({
      ...question,
      ...(sql !== undefined && {
        sql: data.table === 'capitals' ? sql.replaceAll('(geom,', '(the_geom,') : sql,
      }),
    }))
    const compared = [
      ...(await compareAnswers(postern, postern.demo, data, questions)),
      ...(data.table === 'capitals' ? [] : await compareStats(postern, postern.demo, data)),
    ]
    const wrong = compared.filter(({ differences }) => differences.length > 0)
    expect(
      wrong.map(({ question, differences }) => [question.model, question.about, differences]),
    ).toEqual([])
    expect(compared.length).toBeGreaterThan(50)
  }
})

test('a GET and a POST are the same question', async () => {
  const filters = { kind: { in: { values: ['a', 'b'], owner: 'someone' } } }
  const params = { column: 'kind', operation: 'sum', operationColumn: 'sold', othersThreshold: 1 }
  const asked = await ask('category', params, { filters })
  expect(asked).toEqual({
    status: 200,
    rows: [
      { name: 'a', value: 30 },
      { name: 'b', value: 30 },
    ],
    metadata: { others: 30 },
  })
  expect(await ask('category', params, { filters }, { how: 'POST' })).toEqual(asked)
})

test('a query is asked with its parameters bound', async () => {
  const more = {
    type: 'query',
    source: 'select *, sold * 2 as twice from visits where sold >= @least -- ;',
    queryParameters: { least: 20 },
    filters: { twice: { between: { values: [[50, null]] } } },
  }
  expect(await ask('formula', { column: 'twice', operation: 'max' }, more)).toMatchObject({
    rows: [{ value: 60 }],
  })
})

describe('what the client does not calculate', () => {
  test.each([
    ['formula', { operation: 'custom', operationExp: 'sum(sold) / count(lost)' }, [{ value: 30 }]],
    [
      'category',
      { column: 'kind', operation: 'custom', operationExp: 'count(distinct sold)' },
      [
        { name: 'a', value: 2 },
        { name: 'b', value: 1 },
        { name: null, value: 0 },
      ],
    ],
    [
      'formula',
      { column: ['sold', 'lost'], joinOperation: 'sum', operation: 'sum' },
      [{ value: 64 }],
    ],
    [
      'formula',
      { column: ['sold', 'lost'], joinOperation: 'avg', operation: 'max' },
      [{ value: 20 }],
    ],
    [
      'timeseries',
      { column: 'seen', stepSize: 'month', stepMultiplier: 3, operation: 'count' },
      [
        { name: '2024-01-01T00:00:00Z', value: 3 },
        { name: '2025-01-01T00:00:00Z', value: 1 },
      ],
    ],
    [
      'timeseries',
      {
        column: 'seen',
        stepSize: 'minute',
        stepMultiplier: 15,
        operation: 'sum',
        operationColumn: 'sold',
      },
      [
        { name: '2024-01-01T00:00:00Z', value: 10 },
        { name: '2024-01-01T10:00:00Z', value: 20 },
        { name: '2024-03-31T23:45:00Z', value: 30 },
        { name: '2025-02-01T00:00:00Z', value: null },
      ],
    ],
    [
      'timeseries',
      { column: 'seen', stepSize: 'week', stepMultiplier: 2, operation: 'count' },
      [
        { name: '2023-12-25T00:00:00Z', value: 2 },
        { name: '2024-03-18T00:00:00Z', value: 1 },
        { name: '2025-01-20T00:00:00Z', value: 1 },
      ],
    ],
  ])('%s %j', async (model, params, rows) => {
    expect(await ask(model, params)).toEqual({ status: 200, rows })
  })

  test('a time series that is split by a category', async () => {
    const params = {
      column: 'seen',
      stepSize: 'year',
      operation: 'sum',
      operationColumn: 'sold',
      splitByCategory: 'kind',
    }
    const rows = [
      { name: '2024-01-01T00:00:00Z', value: 30, categoryIndex: 0 },
      { name: '2024-01-01T00:00:00Z', value: 30, categoryIndex: 1 },
    ]
    expect(await ask('timeseries', params)).toMatchObject({
      rows,
      metadata: { categories: ['a', 'b'] },
    })
    expect(await ask('timeseries', { ...params, splitByCategoryLimit: 1 })).toMatchObject({
      rows: rows.slice(0, 1),
      metadata: { categories: ['a'] },
    })
    expect(
      await ask('timeseries', { ...params, splitByCategoryValues: ['nothing', 'b'] }),
    ).toMatchObject({
      rows: [{ value: 30, categoryIndex: 1 }],
      metadata: { categories: ['nothing', 'b'] },
    })
  })

  test('picked features come in the order of their ids, and select rows of other models', async () => {
    const [first, second] = await Promise.all(
      [1, 3].map(async (id) => {
        const found = await ask(
          'pick',
          { columns: ['_carto_feature_id'], dataType: 'points', featureIds: await idsOf(id) },
          {},
        )
        return (found.rows as { _carto_feature_id: string }[])[0]?._carto_feature_id ?? ''
      }),
    )
    expect(
      await ask('pick', {
        columns: ['id', '_carto_feature_id'],
        dataType: 'points',
        featureIds: [second, 'ffffffffffffffff', first],
        z: 5,
        tileResolution: 0.5,
      }),
    ).toMatchObject({
      rows: [
        { id: expect.toBeOneOf([2, 3]), _carto_feature_id: second },
        { id: expect.toBeOneOf([2, 3]), _carto_feature_id: second },
        { id: 1, _carto_feature_id: first },
      ],
      metadata: { total: 3 },
    })
    const selected = { column: 'sold', operation: 'sum', featureIds: [second] }
    expect(await ask('formula', { ...selected, geometryType: 'points' })).toMatchObject({
      rows: [{ value: 50 }],
    })
    expect(await ask('formula', selected)).toMatchObject({ status: 400 })
  })

  /** The id of a row's geometry as tiles have it. */
  async function idsOf(id: number): Promise<string[]> {
    const rows = await runAsOwner(
      postern,
      postern.demo,
      `select left(md5(st_asbinary(geom)), 16) as hash from visits where id = ${id}`,
    )
    return rows.map(({ hash }) => String(hash))
  }
})

describe('columns of cells', () => {
  const around = ([x, y]: readonly [number, number], by: number) => ({
    type: 'Polygon',
    coordinates: [
      [
        [x - by, y - by],
        [x + by, y - by],
        [x + by, y + by],
        [x - by, y + by],
        [x - by, y - by],
      ],
    ],
  })
  const idsWithin = async (column: string, filter: object, more: Record<string, unknown> = {}) => {
    const { rows, ...rest } = await ask(
      'table',
      { column: ['id'], sortBy: 'id' },
      {
        source: 'cells',
        spatialDataType: column,
        spatialDataColumn: column,
        spatialFilters: { [column]: filter },
        ...more,
      },
    )
    return (rows as { id: number }[] | undefined)?.map(({ id }) => id) ?? rest
  }

  test.each(['h3', 'h3int', 'quadbin'])(
    '%s: those that cover a polygon, by a mode',
    async (type) => {
      expect(await idsWithin(type, around(place, 1))).toEqual([1])
      expect(await idsWithin(type, around(place, 60))).toEqual([1, 2])
      expect(await idsWithin(type, around([100, 0], 1))).toEqual([])
      // A polygon within a cell touches it, but holds neither it nor its centre.
      const [tiny, large] = [around(place, 0.0001), around(elsewhere, 1)]
      expect(await idsWithin(type, tiny)).toEqual([1])
      for (const spatialFiltersMode of ['center', 'contains']) {
        expect(await idsWithin(type, tiny, { spatialFiltersMode })).toEqual([])
        expect(await idsWithin(type, large, { spatialFiltersMode })).toEqual([2])
      }
    },
  )

  test('those that are in a list, or lie in what is in it', async () => {
    const [x, y] = place
    const cell = h3.latLngToCell(y, x, 7)
    for (const index of [cell, h3.cellToParent(cell, 3), String(BigInt(`0x${cell}`))]) {
      for (const column of ['h3', 'h3int']) {
        const filter = { type: column, indexes: [index] }
        expect(await idsWithin(column, filter)).toEqual([1])
      }
    }
    const finer = h3.cellToChildren(cell, 8)[0]
    expect(await idsWithin('h3', { type: 'h3', indexes: [finer] })).toEqual([])
    expect(await idsWithin('h3', { type: 'h3', indexes: ['nonsense'] })).toMatchObject({
      status: 400,
    })
  })
})

describe('statistics', () => {
  test.each(['', '?filters={"kind":{"in":{"values":["a"]}}}'])('of a table %s', async (query) => {
    const answer = await send(`${postern.demo.base_url}/v3/stats/default/visits/sold${query}`, {
      headers: { authorization: `Bearer ${readerToken}` },
    })
    const max = query === '' ? 30 : 20
    expect(answer.json()).toMatchObject({ attribute: 'sold', type: 'Number', min: 10, max })
  })

  test('of a query, by POST', async () => {
    const answer = await send(`${postern.demo.base_url}/v3/stats/default/kind`, {
      method: 'POST',
      headers: { authorization: `Bearer ${readerToken}`, 'content-type': 'application/json' },
      body: JSON.stringify({ q: 'select * from visits where id > $1', queryParameters: [1] }),
    })
    expect(answer.json()).toEqual({
      attribute: 'kind',
      type: 'String',
      categories: [
        { category: 'a', frequency: 1 },
        { category: 'b', frequency: 1 },
        { category: null, frequency: 1 },
      ],
    })
  })
})

describe('refusals', () => {
  test('a column that is not there is named', async () => {
    for (const [params, more] of [
      [{ column: 'nope', operation: 'sum' }, {}],
      [{ operation: 'custom', operationExp: 'sum(nope)' }, {}],
      [{ column: '*' }, { filters: { nope: { in: { values: [1] } } } }],
      [{ column: '*' }, { spatialFilters: { nope: { type: 'Polygon' } } }],
    ] as const) {
      expect(await ask('formula', params, more)).toEqual({
        status: 400,
        error: 'Column not found',
        column_name: 'nope',
      })
    }
  })

  test.each([
    ['formula', { operation: 'custom', operationExp: '(select max(id) from secrets)' }],
    ['formula', { operation: 'custom', operationExp: '1 from secrets --' }],
    ['category', { column: 'kind', operation: 'custom', operationExp: 'pg_sleep(9)' }],
    [
      'timeseries',
      {
        column: 'seen',
        stepSize: 'day',
        operation: 'custom',
        operationExp: "query_to_xml('table secrets', true, true, '')",
      },
    ],
    ['aggregations', { aggregations: 'count(*) as n, (select id from secrets) as id' }],
    ['aggregations', { aggregations: [{ column: '*', operation: 'count(*)', alias: 'n' }] }],
    ['category', { column: '1 from secrets; --', operation: 'count' }],
    ['category', { column: 'kind', operation: 'count', orderBy: '1; drop table visits' }],
    ['table', { column: ['id', '(select 1)'] }],
    ['table', { column: ['id'], sortBy: 'id desc, pg_sleep(9)' }],
    ['table', { column: ['id'], limit: '1; select 1' }],
    ['histogram', { column: 'sold', ticks: ['1}::int[]) from secrets --'] }],
    ['timeseries', { column: 'seen', stepSize: "day', pg_sleep(9), '", operation: 'count' }],
    ['scatterplot', { xAxisColumn: 'sold', yAxisColumn: 'secrets.id' }],
    ['range', { column: 'kind", (select 1), "kind' }],
    ['pick', { columns: ['(select 1)'], dataType: 'points', featureIds: ['x'] }],
  ])('%s takes no SQL: %j', async (model, params) => {
    expect(await ask(model, params)).toMatchObject({ status: 400, error: expect.any(String) })
  })

  test.each([
    ['a table that is not granted', { source: 'secrets' }, 403],
    ['a query of it', { type: 'query', source: 'select * from secrets' }, 403],
    ['a table that is not there', { source: 'nothing' }, 403],
    ['a tileset', { type: 'tileset' }, 400],
    ['a query that writes', { type: 'query', source: 'delete from visits returning 1' }, 403],
    ['two queries', { type: 'query', source: 'select 1; select 2' }, 403],
    ['no source', { source: '' }, 400],
    ['filters that are no JSON', { filters: '{' }, 400],
  ])('%s', async (_, more, status) => {
    const answer = await ask('formula', { column: '*' }, more, { token: readerToken })
    expect(answer).toMatchObject({ status, error: expect.any(String) })
  })

  test('an expression of single rows where there is one for all', async () => {
    for (const [model, params] of [
      ['formula', { operation: 'custom', operationExp: 'sold' }],
      ['aggregations', { aggregations: 'sold as x' }],
      ['category', { column: 'kind', operation: 'custom', operationExp: 'sold' }],
    ] as const) {
      expect(await ask(model, params)).toMatchObject({
        status: 400,
        error: expect.stringContaining('GROUP BY'),
      })
    }
    // No rows are a group as well.
    const none = { filters: { kind: { in: { values: [] } } } }
    expect(await ask('formula', { column: '*' }, none)).toEqual({
      status: 200,
      rows: [{ value: 0 }],
    })
  })

  test('an unknown model and an unknown connection', async () => {
    expect(await ask('guess', {})).toMatchObject({ status: 404 })
    const headers = { authorization: `Bearer ${readerToken}` }
    const url = `${postern.demo.base_url}/v3/sql/elsewhere/model/formula`
    const answer = await send(`${url}?type=table&source=visits&params={}`, { headers })
    expect(answer.json()).toEqual({ error: 'Connection not found', status: 404 })
  })
})
