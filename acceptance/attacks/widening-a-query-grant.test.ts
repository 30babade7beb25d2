import { afterAll, beforeAll, expect, test } from 'vitest'
import { runAsOwner } from '../support/populate-account.ts'
import { type Postern, startPostern } from '../support/postern.ts'
import { send } from '../support/requests.ts'
import { createToken, on } from '../support/tokens-api.ts'

// An access token for one query, and all that v3 lets its holder put on top of it: none of that may
// reach a row or a column that the query does not give, run a function, or wait.

const canary = 'a-canary-that-nobody-may-see'
const granted = 'select id, kind, sold, seen, geom from sales where kind = @kind'

let postern: Postern
let token: string
/** A word that no answer may hold, and a sign that a function ran. */
let before: unknown

beforeAll(async () => {
  postern = await startPostern()
  for (const statement of [
    `create table sales (id int, kind text, sold int, seen timestamptz, hidden text,
       geom geometry(Point, 4326))`,
    `insert into sales values
       (1, 'open', 10, '2024-01-01', '${canary}', st_setsrid(st_makepoint(1, 1), 4326)),
       (2, '${canary}', 20, '2024-01-02', '${canary}', st_setsrid(st_makepoint(2, 2), 4326))`,
    `create table secrets as select '${canary}'::text as secret`,
    'create sequence touched',
    `create function touch() returns int language sql volatile as 'select nextval(''touched'')::int'`,
  ]) {
    await runAsOwner(postern, postern.demo, statement)
  }
  const created = await createToken(postern, postern.demo, {
    allowed_apis: ['sql', 'maps'],
    grants: on(granted),
  })
  token = created.token
  before = await readSequence()
})
afterAll(() => postern.stop())

const readSequence = () =>
  runAsOwner(postern, postern.demo, 'select last_value, is_called from touched')

const source = { type: 'query', source: granted, queryParameters: { kind: 'open' } }

/** Asks by POST, as clients do with what is long. */
const ask = (path: string, body: object) =>
  send(`${postern.demo.base_url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
const askModel = (model: string, params: object, more: object = {}) =>
  ask(`/v3/sql/default/model/${model}`, { ...source, params, ...more })

/** Every place where a fragment or the name of a column stands. */
const places: readonly (readonly [string, (text: string) => ReturnType<typeof ask>])[] = [
  [
    'formula, operationExp',
    (operationExp) => askModel('formula', { operation: 'custom', operationExp }),
  ],
  [
    'category, operationExp',
    (operationExp) => askModel('category', { column: 'kind', operation: 'custom', operationExp }),
  ],
  ['category, column', (column) => askModel('category', { column, operation: 'count' })],
  [
    'timeseries, operationExp',
    (operationExp) =>
      askModel('timeseries', {
        column: 'seen',
        stepSize: 'day',
        operation: 'custom',
        operationExp,
      }),
  ],
  [
    'aggregations',
    (text) => askModel('aggregations', { aggregations: `count(*) as n, ${text} as x` }),
  ],
  ['table, column', (column) => askModel('table', { column: [column] })],
  ['table, sortBy', (sortBy) => askModel('table', { column: ['id'], sortBy })],
  [
    'pick, columns',
    (text) => askModel('pick', { columns: [text], dataType: 'points', featureIds: ['x'] }),
  ],
  [
    'filters',
    (text) =>
      askModel('formula', { column: '*' }, { filters: { [text]: { in: { values: ['x'] } } } }),
  ],
  [
    'spatialFilters',
    (text) =>
      askModel(
        'formula',
        { column: '*' },
        { spatialFilters: { [text]: { type: 'h3', indexes: [] } } },
      ),
  ],
  [
    'stats',
    (text) =>
      ask(`/v3/stats/default/${encodeURIComponent(text)}`, {
        q: granted,
        queryParameters: source.queryParameters,
      }),
  ],
  [
    'maps, aggregationExp',
    (text) =>
      ask('/v3/maps/default/query', {
        q: granted,
        queryParameters: source.queryParameters,
        aggregationExp: `count(*) as n, ${text} as x`,
        format: 'tilejson',
      }),
  ],
]

const attacks = [
  '(select max(secret) from secrets)',
  'max(hidden)',
  'source.hidden',
  '(select max(hidden) from sales)',
  "query_to_xml('table secrets', true, true, '')",
  'touch()',
  'pg_sleep(60)',
  '1 from secrets; --',
  '1 union select secret from secrets',
  'max(tableoid::regclass::text)',
  'count(*) over (partition by (select secret from secrets))',
  "set_config('search_path', 'x', false)",
  '$1',
]

test('the token opens what it was granted, with whatever value is bound', async () => {
  const answer = await askModel('formula', { operation: 'custom', operationExp: 'sum(sold)' })
  expect([answer.status, answer.json().rows]).toEqual([200, [{ value: 10 }]])
  const other = await askModel(
    'formula',
    { column: '*', operation: 'count' },
    { queryParameters: { kind: "x' or true --" } },
  )
  expect(other.json().rows).toEqual([{ value: 0 }])
})

test.each(places)('%s is never SQL', async (_, asking) => {
  for (const attack of attacks) {
    const answer = await asking(attack)
    expect(answer.text, attack).not.toContain(canary)
    expect(answer.status, `${attack}: ${answer.text}`).toBe(400)
  }
})

test('no other query is answered, and no table', async () => {
  for (const text of [
    'select * from sales',
    granted.replace('@kind', "'open' or true"),
    `${granted} union select 1, secret, 1, now(), null from secrets`,
    'select * from secrets',
  ]) {
    const answer = await askModel('table', {}, { source: text, queryParameters: { kind: 'open' } })
    expect(answer.text).not.toContain(canary)
    expect(answer.status, answer.text).toBe(403)
  }
  const table = await askModel('table', {}, { type: 'table', source: 'sales' })
  expect(table.status, table.text).toBe(403)
})

test('nothing ran that was not to run', async () => {
  expect(await readSequence()).toEqual(before)
})
