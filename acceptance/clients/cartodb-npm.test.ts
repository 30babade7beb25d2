import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPublicRole, runAsOwner } from '../support/populate-account.ts'
import { type AccountCredentials, type Postern, startPostern } from '../support/postern.ts'
import { createKey } from '../support/requests.ts'

// The npm package `cartodb` as teams have it in their scripts, pointed at a running server.

/** What scripts use of the package; it has no types of its own. */
type SqlClient = {
  execute(q: string, options?: { readonly format?: string }): SqlPromise
  execute(q: string, vars: object, options?: { readonly format?: string }): SqlPromise
}
type SqlPromise = {
  done(listener: (answer: unknown) => void): SqlPromise
  error(listener: (error: unknown) => void): SqlPromise
}
type ClientConfig = {
  readonly user: string
  readonly sql_api_url: string
  readonly api_key?: string
}
const { SQL } = createRequire(import.meta.url)('cartodb') as {
  SQL: new (config: ClientConfig) => SqlClient
}

type Result = { rows: unknown[]; fields: Record<string, { type: string }>; total_rows: number }

let postern: Postern
let alice: AccountCredentials
let readerToken: string

beforeAll(async () => {
  postern = await startPostern()
  alice = await postern.createAccount('alice')
  for (const statement of [
    `create table trees (
       cartodb_id serial primary key, name text, height numeric, the_geom geometry(Point, 4326))`,
    `insert into trees (name, height, the_geom)
     select 'tree ' || n, n + 0.5, st_setsrid(st_makepoint(n, n), 4326)
     from generate_series(1, 3) as n`,
    'create table open_trees as select * from trees',
    `grant select on open_trees to "${await findPublicRole(postern, alice)}"`,
  ]) {
    await runAsOwner(postern, alice, statement)
  }
  const key = await createKey(postern, alice, {
    tables: [{ name: 'trees', permissions: ['select'] }],
  })
  readerToken = key.token
})
afterAll(() => postern.stop())

/** The client as a script sets it up: the address, and a key if it has one. */
const clientWith = (apiKey?: string) =>
  new SQL({
    user: 'alice',
    sql_api_url: `${alice.base_url}/api/v2/sql`,
    ...(apiKey !== undefined && { api_key: apiKey }),
  })

/** What the client hands to `done`; rejects with what it hands to `error`. */
const settle = (promise: SqlPromise) =>
  new Promise((resolve, reject) => {
    promise.done(resolve).error((error) => reject(new Error(String(error), { cause: error })))
  })

test('without a key: reads a public table', async () => {
  const answer = (await settle(clientWith().execute('select name from open_trees'))) as Result
  expect(answer.total_rows).toBe(3)
  expect(answer.rows[0]).toEqual({ name: 'tree 1' })
})

test('with a key: reads the table of the key, with numbers as numbers', async () => {
  const answer = (await settle(clientWith(readerToken).execute('select * from trees'))) as Result
  expect(answer.rows[0]).toMatchObject({ cartodb_id: 1, name: 'tree 1', height: 1.5 })
  expect(answer.fields.the_geom?.type).toBe('geometry')
})

test('fills in what the template of a query names', async () => {
  const q = 'select name from {{table}} where cartodb_id = {{id}}'
  const answer = await settle(clientWith(readerToken).execute(q, { table: 'trees', id: 2 }))
  expect(answer).toMatchObject({ rows: [{ name: 'tree 2' }] })
})

test('a long query goes by POST, and so does one that writes', async () => {
  const long = `select name from trees where name <> '${'é+% &='.repeat(400)}'`
  expect(await settle(clientWith(readerToken).execute(long))).toMatchObject({ total_rows: 3 })
  const master = clientWith(alice.master_key)
  await settle(master.execute("insert into trees (name) values ('100% new + é')"))
  const gone = await settle(master.execute("delete from trees where name = '100% new + é'"))
  expect(gone).toMatchObject({ rows: [], total_rows: 1 })
})

test('gets GeoJSON as text', async () => {
  const text = await settle(
    clientWith(readerToken).execute('select * from trees', { format: 'GeoJSON' }),
  )
  expect(JSON.parse(String(text))).toMatchObject({
    type: 'FeatureCollection',
    features: [{ geometry: { type: 'Point', coordinates: [1, 1] } }, {}, {}],
  })
})

test('gets CSV as text', async () => {
  const text = await settle(
    clientWith(readerToken).execute('select cartodb_id, name from trees order by 1', {
      format: 'csv',
    }),
  )
  expect(text).toBe('cartodb_id,name\r\n1,tree 1\r\n2,tree 2\r\n3,tree 3\r\n')
})

describe('errors reach the script in words', () => {
  test.each([
    ['a mistake', 'select nope from open_trees', undefined, 'column "nope" does not exist'],
    ['a private table', 'select * from trees', undefined, 'permission denied for table trees'],
    ['a key that is not known', 'select 1', 'rubbish', 'Unauthorized'],
    [
      'a table that the key is not for',
      "insert into trees (name) values ('x')",
      'reader',
      'permission denied for table trees',
    ],
  ])('%s', async (_, q, key, sentence) => {
    const client = clientWith(key === 'reader' ? readerToken : key)
    await expect(settle(client.execute(q))).rejects.toMatchObject({ cause: [sentence] })
  })
})
