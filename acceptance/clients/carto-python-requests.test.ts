import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type CartoPython, cartoPython } from '../support/carto-python.ts'
import { type AccountCredentials, type Postern, startPostern } from '../support/postern.ts'
import type { Answer } from '../support/requests.ts'

// What scripts with carto-python and cartoframes send, request for request, and what they read of the
// answers. Each way to write the base URL is a whole day of such a script.

let postern: Postern
let alice: AccountCredentials

beforeAll(async () => {
  postern = await startPostern()
  alice = await postern.createAccount('alice')
})
afterAll(() => postern.stop())

type Result = {
  readonly rows: Record<string, unknown>[]
  readonly fields: Record<string, { readonly type: string; readonly pgtype?: string }>
  readonly total_rows: number
  readonly notices?: string[]
}

function expectStatus(answer: Answer, status: number): Answer {
  expect(answer.status, answer.text).toBe(status)
  return answer
}

/** The sentence that carto-python raises: `error` before `errors`. */
function raised(answer: Answer): unknown {
  expect(answer.status).toBeGreaterThanOrEqual(400)
  const { error, errors } = answer.json<{ error?: unknown; errors?: unknown }>()
  return error ?? errors
}

describe.each([
  { name: 'under /user/NAME', baseUrl: () => `${postern.url}/user/alice`, table: 'by_path' },
  {
    name: 'on a subdomain',
    baseUrl: () => `http://alice.localhost:${postern.port}`,
    table: 'by_subdomain',
  },
])('a base URL $name', ({ baseUrl, table }) => {
  let master: CartoPython
  beforeAll(() => {
    master = cartoPython(baseUrl(), alice.master_key)
  })
  const rowsOf = async (q: string) => expectStatus(await master.sql(q), 200).json<Result>().rows

  test('cartoframes uploads a table: looks, creates, copies, makes a dataset of it', async () => {
    expectStatus(await master.sql('SELECT current_schema()', { doPost: false }), 200)
    const missing = await master.sql(`EXPLAIN SELECT * FROM "public"."${table}"`, {
      doPost: false,
    })
    expect(raised(missing)).toEqual([`relation "public.${table}" does not exist`])

    expectStatus(
      await master.sql(
        `BEGIN; CREATE TABLE ${table} ("name" text, "size" bigint, "the_geom" geometry(Geometry, 4326)); COMMIT;`,
      ),
      200,
    )
    const copied = await master.copyFrom(
      `COPY ${table}("name","size","the_geom") FROM stdin WITH (FORMAT csv, DELIMITER '|', NULL '__null');`,
      [
        'oak|12|SRID=4326;POINT (1 2)\n',
        'äsh|__null|SRID=4326;POINT (3 ',
        '4)\n',
        'yew|9|__null\n',
      ],
    )
    expect(expectStatus(copied, 200).json()).toMatchObject({ total_rows: 3 })

    const job = await master.runJob(`SELECT CDB_CartodbfyTable('public', '${table}')`)
    expect(job).toMatchObject({ status: 'done' })
    const [row] = await rowsOf(`select * from ${table} where name = 'äsh'`)
    expect(row).toMatchObject({ cartodb_id: 2, size: null, the_geom: expect.any(String) })
  })

  test('cartoframes reads it: the columns first, then a copy', async () => {
    const described = expectStatus(
      await master.sql(`SELECT * FROM (SELECT * FROM ${table}) _q LIMIT 0`, { doPost: false }),
      200,
    ).json<Result>()
    expect(described.fields).toMatchObject({
      cartodb_id: { type: 'number' },
      name: { type: 'string', pgtype: 'text' },
      size: { type: 'number', pgtype: 'int8' },
      the_geom: { type: 'geometry' },
    })
    const read = `COPY (SELECT "name","size" FROM (SELECT * FROM ${table} ORDER BY cartodb_id) _q LIMIT 2) TO stdout WITH (FORMAT csv, HEADER true, NULL '__null')`
    expect(expectStatus(await master.copyTo(read), 200).text).toBe(
      'name,size\noak,12\näsh,__null\n',
    )
    const long = read.replace('ORDER BY', `WHERE name <> '${'x'.repeat(1_024)}' ORDER BY`)
    expect(expectStatus(await master.copyTo(long), 200).text).toBe(
      'name,size\noak,12\näsh,__null\n',
    )
  })

  test('cartoframes replaces what is in it, and its columns', async () => {
    expectStatus(await master.sql(`TRUNCATE TABLE ${table}`), 200)
    const plain = await master.copyFrom(
      `COPY ${table}("name") FROM stdin WITH (FORMAT csv, DELIMITER '|', NULL '__null');`,
      ['elm\n'],
      false,
    )
    expect(expectStatus(plain, 200).json()).toMatchObject({ total_rows: 1 })
    const job = await master.runJob(
      `; BEGIN; TRUNCATE TABLE ${table}; ALTER TABLE ${table} DROP COLUMN size,ADD COLUMN height float8;; COMMIT;`,
    )
    expect(job).toMatchObject({ status: 'done' })
    expect(await rowsOf(`select height from ${table}`)).toEqual([])
    // Over 12 kB it makes a function of the change, runs it as a job, and drops it.
    const change = `_change_${table}`
    expectStatus(
      await master.sql(
        `CREATE OR REPLACE FUNCTION ${change}() RETURNS VOID AS $$ BEGIN ALTER TABLE ${table} ADD COLUMN width float8; END; $$ LANGUAGE plpgsql`,
      ),
      200,
    )
    expect(await master.runJob(`SELECT ${change}()`)).toMatchObject({ status: 'done' })
    expectStatus(await master.sql(`DROP FUNCTION IF EXISTS ${change}`), 200)
    expect(await rowsOf(`select width from ${table}`)).toEqual([])
  })

  test('a copy that fails says why, and leaves nothing behind', async () => {
    const broken = await master.copyFrom(
      `COPY ${table}("name","height") FROM stdin WITH (FORMAT csv, DELIMITER '|', NULL '__null');`,
      ['fir|1.5\n', 'ivy|high\n'],
    )
    expect(raised(broken)).toEqual(['invalid input syntax for type double precision: "high"'])
    expect(await rowsOf(`select * from ${table}`)).toEqual([])
    const nowhere = await master.copyTo('COPY nowhere_at_all TO stdout')
    expect(raised(nowhere)).toEqual(['relation "nowhere_at_all" does not exist'])
  })

  test('cartoframes asks who it is, at the root of the host whatever the base URL says', async () => {
    const me = expectStatus(await master.send('GET', '/api/v3/me'), 200)
    expect(me.json()).toMatchObject({
      user_data: {
        id: expect.any(String),
        username: 'alice',
        remaining_byte_quota: expect.any(Number),
      },
    })
  })

  test('DatasetManager: lists, gets, saves whole, makes public and private', async () => {
    const params = { type: 'table', exclude_shared: 'true', with_dependent_visualizations: '1' }
    const list = await master.send('GET', 'api/v1/viz/', { params: { page: '1', ...params } })
    const { visualizations, total_entries } = expectStatus(list, 200).json<{
      visualizations: { name: string; updated_at: string }[]
      total_entries: number
    }>()
    expect(visualizations).toHaveLength(total_entries)
    expect(visualizations.map(({ name }) => name)).toContain(table)
    expect(Number.isNaN(Date.parse(visualizations[0]?.updated_at ?? ''))).toBe(false)

    const dataset = expectStatus(
      await master.send('GET', `api/v1/viz/${table}`, { params }),
      200,
    ).json<{ id: string; privacy: string; permission: { id: string }; table: { id: string } }>()
    expect(dataset).toMatchObject({ privacy: 'PRIVATE', dependent_visualizations: [] })
    // What was read is posted back whole, what is nested in it by its id.
    const setPrivacy = async (privacy: string) => {
      const { permission, table, ...own } = dataset
      const saved = await master.send('PUT', `api/v1/viz/${dataset.id}`, {
        json: { ...own, permission: permission.id, table: table.id, privacy },
      })
      expect(expectStatus(saved, 200).json()).toMatchObject({ privacy })
    }
    const nobody = cartoPython(baseUrl(), undefined)
    await setPrivacy('PUBLIC')
    expectStatus(await nobody.sql(`select * from ${table}`), 200)
    await setPrivacy('LINK')
    expectStatus(await nobody.sql(`select * from ${table}`), 200)
    await setPrivacy('PRIVATE')
    expectStatus(await nobody.sql(`select * from ${table}`), 403)
  })

  test('cartoframes publishes: tables of a query, a key for maps, no page', async () => {
    const [tables] = await rowsOf(`SELECT CDB_QueryTablesText('select * from ${table}') as tables`)
    expect(tables).toEqual({ tables: [`public.${table}`] })
    const name = `cartoframes_${table}`
    const json = {
      name,
      grants: [
        { type: 'apis', apis: ['maps'] },
        {
          type: 'database',
          tables: [{ schema: 'public', name: table, permissions: ['select'] }],
        },
        { type: 'dataservices', services: [] },
      ],
    }
    const created = expectStatus(await master.send('POST', 'api/v3/api_keys/', { json }), 201)
    postern.keepSecret(created.json<{ token: string }>().token)
    expect(raised(await master.send('POST', 'api/v3/api_keys/', { json }))).toBe(
      'Validation failed: Name has already been taken',
    )
    const page = await master.send('POST', 'api/v4/kuviz/', { json: { data: '', name: 'page' } })
    expect(raised(expectStatus(page, 501))).toEqual(expect.any(String))
  })

  test('cartoframes makes a table of a query by a job, and deletes it by name', async () => {
    const copy = `copy_of_${table}`
    const job = await master.runJob(
      `BEGIN; DROP TABLE IF EXISTS ${copy}; CREATE TABLE ${copy} AS (SELECT 1 AS n); COMMIT;`,
    )
    expect(job).toMatchObject({ status: 'done' })
    expect(await rowsOf(`select n from ${copy}`)).toEqual([{ n: 1 }])
    const dropped = (await master.sql(`DROP TABLE IF EXISTS ${copy}`)).json<Result>()
    expect(dropped.notices ?? []).toEqual([])
    const again = expectStatus(await master.sql(`DROP TABLE IF EXISTS ${copy}`), 200)
    expect(again.json<Result>().notices?.[0]).toContain('does not exist')
  })

  test('BatchSQLClient: a failing job tells why, a finished one cannot be cancelled', async () => {
    const failed = await master.runJob('SELECT * FROM nowhere_at_all')
    expect(failed).toMatchObject({
      status: 'failed',
      failed_reason: 'relation "nowhere_at_all" does not exist',
    })
    const { job_id } = (
      await master.send('POST', 'api/v2/sql/job/', { json: { query: ['SELECT 1', 'SELECT 2'] } })
    ).json<{ job_id: string }>()
    const path = `api/v2/sql/job/${job_id}`
    let status = ''
    while (status !== 'done')
      status = (await master.send('GET', path)).json<{ status: string }>().status
    expect(raised(await master.send('DELETE', path))).toEqual([
      'Cannot set status from done to cancelled',
    ])
  })

  test('APIKeyManager: creates, gets, lists, regenerates and deletes', async () => {
    const name = `key of ${table}`
    const json = {
      name,
      grants: [
        { type: 'apis', apis: ['sql', 'maps'] },
        {
          type: 'database',
          tables: [{ schema: 'public', name: table, permissions: ['insert', 'select', 'update'] }],
        },
        { type: 'dataservices', services: [] },
      ],
    }
    const created = expectStatus(await master.send('POST', 'api/v3/api_keys/', { json }), 201)
    const key = created.json<{ token: string; type: string; grants: { type: string }[] }>()
    postern.keepSecret(key.token)
    expect(key).toMatchObject({ name, type: 'regular', token: expect.any(String) })
    expect(key.grants).toContainEqual(
      expect.objectContaining({
        type: 'database',
        tables: [expect.objectContaining({ permissions: ['insert', 'select', 'update'] })],
      }),
    )
    const duplicate = expectStatus(await master.send('POST', 'api/v3/api_keys/', { json }), 422)
    expect(raised(duplicate)).toBe('Validation failed: Name has already been taken')
    const malformed = {
      name: 'malformed',
      grants: [
        { type: 'apis', apis: ['sql'] },
        { type: 'database', tables: [{ schema: null, name: null, permissions: null }] },
      ],
    }
    expectStatus(await master.send('POST', 'api/v3/api_keys/', { json: malformed }), 422)

    const path = `api/v3/api_keys/${encodeURIComponent(name)}`
    expect(expectStatus(await master.send('GET', path), 200).json()).toMatchObject({ name })
    const regular = cartoPython(baseUrl(), key.token)
    expectStatus(await regular.sql(`select name from ${table}`), 200)
    expect(raised(await regular.sql(`delete from ${table}`))).toEqual([
      `permission denied for table ${table}`,
    ])
    const renewed = expectStatus(await master.send('POST', `${path}/token/regenerate`), 200)
    const { token } = renewed.json<{ token: string }>()
    postern.keepSecret(token)
    expectStatus(await regular.sql('select 1'), 401)
    expectStatus(await cartoPython(baseUrl(), token).sql('select 1'), 200)

    const gone = expectStatus(await master.send('DELETE', path), 204)
    expect(gone.text).toBe('')
    expect(raised(expectStatus(await master.send('GET', path), 404))).toBe(
      `API key not found: ${name}`,
    )
  })

  test('APIKeyManager.filter: pages end where the total says', async () => {
    const types = { type: 'default,master' }
    const list = await master.send('GET', 'api/v3/api_keys/', { params: { ...types, page: '1' } })
    const { result, total } = expectStatus(list, 200).json<{ result: unknown[]; total: number }>()
    expect({ total, listed: result.length }).toEqual({ total: 2, listed: 2 })
  })

  test('NoAuthClient reads what is public and nothing else', async () => {
    const nobody = cartoPython(baseUrl(), undefined)
    expectStatus(await nobody.sql('select 1', { doPost: false }), 200)
    expect(raised(await nobody.sql(`select * from ${table}`))).toEqual([
      `permission denied for table ${table}`,
    ])
  })

  test('a wrong key is refused in words', async () => {
    const answer = await cartoPython(baseUrl(), 'wrong').sql('select 1')
    expect(raised(expectStatus(answer, 401))).toEqual(['Unauthorized'])
  })

  test('DatasetManager deletes', async () => {
    const { id, dependent_visualizations_count } = (
      await master.send('GET', `api/v1/viz/${table}`)
    ).json<{ id: string; dependent_visualizations_count: number }>()
    expect(dependent_visualizations_count).toBe(0)
    const deleted = expectStatus(await master.send('DELETE', `api/v1/viz/${id}`), 204)
    expect(deleted.text).toBe('')
    expectStatus(await master.send('GET', `api/v1/viz/${table}`), 404)
    expect(raised(await master.sql(`select * from ${table}`))).toEqual([
      `relation "${table}" does not exist`,
    ])
  })
})
