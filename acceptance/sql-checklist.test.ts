import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { accountAddresses } from './support/account-addresses.ts'
import { holdTable } from './support/hold-table.ts'
import { findPublicRole, runAsOwner } from './support/populate-account.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { type Answer, createKey } from './support/requests.ts'

// The checklist of the SQL API's contract, line by line and under its numbers, once for each way in
// which a request can name its account: S12 to S16 are lines before them, by Basic. Lines about batch jobs are in batch.test.ts; lines that do
// not apply are in docs/reference/compatibility.md, with the reason.

let postern: Postern
let alice: AccountCredentials
/** Of regular keys: one is granted scoped_table_1, the other is not. */
let regular: { readonly granted: string; readonly other: string }

const unknownToken = 'pstrunknown'

beforeAll(async () => {
  postern = await startPostern({ POSTERN_STATEMENT_TIMEOUT_MS: '4000' })
  alice = await postern.createAccount('alice')
  const publicRole = await findPublicRole(postern, alice)
  for (const statement of [
    ...table('public_table', 6),
    `grant select on public_table to "${publicRole}"`,
    'create table copied (name text)',
    `grant select, insert on copied to "${publicRole}"`,
    ...table('private_table', 5),
    ...table('scoped_table_1', 4),
    // Caches can know when it changes.
    "select cdb_cartodbfytable('public_table')",
    // A name that only looks as if it were the catalogue's.
    ...table('cpg_test', 1),
    `grant select on cpg_test to "${publicRole}"`,
  ]) {
    await runAsOwner(postern, alice, statement)
  }
  const granted = await createKey(postern, alice, {
    tables: [{ name: 'scoped_table_1', permissions: ['select', 'insert', 'update', 'delete'] }],
  })
  const other = await createKey(postern, alice, {
    tables: [{ name: 'public_table', permissions: ['select'] }],
  })
  regular = { granted: granted.token, other: other.token }
})
afterAll(() => postern.stop())

function table(name: string, rows: number): string[] {
  return [
    `create table ${name} (
       cartodb_id serial primary key, name text, the_geom geometry(Point, 4326))`,
    `insert into ${name} (name, the_geom)
     select 'row ' || n, st_setsrid(st_makepoint(n, n), 4326)
     from generate_series(1, ${rows}) as n`,
  ]
}

const numbersOfRows = (answer: Answer) => {
  expect(answer.status, answer.text).toBe(200)
  const { rows, total_rows } = answer.json<{ rows: unknown[]; total_rows: number }>()
  expect(rows).toHaveLength(total_rows)
  return total_rows
}

function expectRefusal(answer: Answer, status: number, sentence: string | RegExp): void {
  expect(answer.status, answer.text).toBe(status)
  const { error } = answer.json<{ error: string[] }>()
  expect(error).toHaveLength(1)
  if (typeof sentence === 'string') expect(error).toEqual([sentence])
  else expect(error[0]).toMatch(sentence)
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8')
  expect(answer.headers.get('content-disposition')).toBe('inline')
  expect(answer.headers.get('access-control-allow-origin')).toBe('*')
}

describe.each(accountAddresses)('the account named $name', (address) => {
  const ask = (q: string, token?: string, query: Record<string, string> = {}) =>
    address.ask(postern.port, 'alice', { path: '/api/v2/sql', query: { q, ...query }, token })
  const asMaster = (q: string, query: Record<string, string> = {}) =>
    ask(q, alice.master_key, query)

  test('S1: the master key reads a public table (upstream calls it the default key)', async () => {
    expect(numbersOfRows(await asMaster('select * from public_table'))).toBe(6)
  })

  test('S2, S16: an unknown key is 401, also on public data', async () => {
    expectRefusal(await ask('select * from public_table', unknownToken), 401, 'Unauthorized')
  })

  test('S3: no key does not read a private table', async () => {
    const answer = await ask('select * from private_table')
    expectRefusal(answer, 403, /permission denied for .+? private_table/)
  })

  test('S4: the master key reads a public table', async () => {
    expect(numbersOfRows(await asMaster('select name from public_table'))).toBe(6)
  })

  test('S5: the master key reads a private table', async () => {
    expect(numbersOfRows(await asMaster('select * from private_table'))).toBe(5)
  })

  test('S6, S12: a regular key reads the table that it was granted', async () => {
    expect(numbersOfRows(await ask('select * from scoped_table_1', regular.granted))).toBe(4)
  })

  test('S7, S13: a regular key does not read a table that it was not granted', async () => {
    const answer = await ask('select * from scoped_table_1', regular.other)
    expectRefusal(answer, 403, /permission denied for .+? scoped_table_1/)
  })

  test('S19: no key selects from a public table', async () => {
    expect(numbersOfRows(await ask('select * from public_table'))).toBe(6)
  })

  test('S20: an unknown key selects nothing', async () => {
    expectRefusal(await ask('select 1', unknownToken), 401, 'Unauthorized')
  })

  test('S21, S22: the master key inserts and deletes by GET', async () => {
    const inserted = await asMaster("insert into private_table (name) values ('new')")
    expect(inserted.json()).toMatchObject({ rows: [], fields: {}, total_rows: 1 })
    const deleted = await asMaster("delete from private_table where name = 'new'")
    expect(deleted.json()).toMatchObject({ rows: [], fields: {}, total_rows: 1 })
  })

  test('S23: an unknown key inserts nothing', async () => {
    const q = "insert into public_table (name) values ('x')"
    expectRefusal(await ask(q, unknownToken), 401, 'Unauthorized')
  })

  test('S24: no key inserts nothing into a private table', async () => {
    const answer = await ask("insert into private_table (name) values ('x')")
    expectRefusal(answer, 403, 'permission denied for table private_table')
  })

  test('S25: no key inserts nothing into a public table', async () => {
    const answer = await ask("insert into public_table (name) values ('x')")
    expectRefusal(answer, 403, 'permission denied for table public_table')
  })

  const catalogueQueries = [
    'select * from pg_attribute limit 1',
    'SELECT * FROM PG_attribute limit 1',
    'SELECT * FROM "pg_attribute" limit 1',
    'select a.* from cpg_test c, pg_attribute a limit 1',
    'select * from geometry_columns',
    'select table_name from information_schema.tables limit 1',
  ]
  const innocentQueries = [
    "select 'pg_' as found from public_table",
    'select name as pg_attribute from public_table',
    'select * from cpg_test',
  ]

  test.each(catalogueQueries)('S26: the master key asks: %s', async (q) => {
    expect((await asMaster(q)).status).toBe(200)
  })

  test.each(catalogueQueries)('S27, S14: no key may not ask: %s', async (q) => {
    expectRefusal(await ask(q), 403, 'system tables are forbidden')
  })

  test.each(innocentQueries)('S28: no key asks: %s', async (q) => {
    expect((await ask(q)).status).toBe(200)
  })

  test.each(innocentQueries)('S29: the master key asks: %s', async (q) => {
    expect((await asMaster(q)).status).toBe(200)
  })

  test.each([
    'select table_name from information_schema.tables limit 1',
    'select * from pg_auth_members limit 1',
  ])('S32: the master key reads the catalogue: %s', async (q) => {
    expect((await asMaster(q)).status).toBe(200)
  })

  test('S34, S35: an account answers by its name, and says how long caches may keep it', async () => {
    const { status, headers } = await ask('select * from public_table')
    expect(status).toBe(200)
    expect(headers.get('x-cache-channel')).toMatch(/:public\.public_table$/)
    expect(headers.get('cache-control')).toBe('no-cache,max-age=31536000,must-revalidate,public')
  })

  test('S36: what a key is answered is for that key alone', async () => {
    const { status, headers } = await asMaster('select * from public_table')
    expect(status).toBe(200)
    expect(headers.has('x-cache-channel')).toBe(false)
    expect(headers.get('cache-control')).toBe('no-cache,max-age=0,must-revalidate,private')
  })

  test('S37: no key inserts nothing, and is told so in JSON for a page to show', async () => {
    const answer = await ask("insert into public_table (name) values ('x')")
    expectRefusal(answer, 403, /^permission denied for/)
  })

  test.each(['DROP TABLE public_table', 'drop table if exists private_table, public_table'])(
    'S38: no key drops nothing: %s',
    async (q) => {
      expectRefusal(await ask(q), 400, /must be owner of.+?/)
    },
  )

  test('S39: no key inserts nothing into a column that does not exist', async () => {
    const answer = await ask("insert into public_table (nope) values ('x')")
    expectRefusal(answer, 400, 'column "nope" of relation "public_table" does not exist')
  })

  test('S40: the master key defines and writes by GET', async () => {
    for (const q of [
      'create table made_by_get (n int)',
      'alter table made_by_get add column name text',
      'insert into made_by_get (n) values (1)',
      'truncate table made_by_get',
      'reindex table made_by_get',
      'drop table made_by_get',
      'create function made_by_get(n int) returns int as $$ select n * 2 $$ language sql',
      'drop function made_by_get(int)',
      'create table made_by_get (n int); insert into made_by_get values (1), (2); drop table made_by_get',
    ]) {
      const answer = await asMaster(q)
      expect(answer.status, `${q}: ${answer.text}`).toBe(200)
      expect(answer.headers.get('cache-control')).toContain('max-age=0')
    }
  })

  test('S41: an account that does not exist is told so, whatever key is sent', async () => {
    for (const token of [undefined, unknownToken, alice.master_key]) {
      const answer = await address.ask(postern.port, 'nobody', {
        path: '/api/v2/sql',
        query: { q: 'select 1' },
        token,
      })
      expectRefusal(
        answer,
        404,
        "Sorry, we can't find CARTO user 'nobody'. Please check that you have entered the correct domain.",
      )
    }
  })

  test('S42: a forbidden DROP is 200 with JSONP, and the error is handed to the function', async () => {
    const answer = await ask('drop table public_table', undefined, { callback: 'called' })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toContain('javascript')
    expect(answer.text).toBe(
      `/**/ typeof called === 'function' && called({"error":["must be owner of table public_table"]});`,
    )
  })

  test('S44: pages of every site may read errors', async () => {
    for (const q of ['selec 1', 'select * from private_table', 'select * from pg_class']) {
      const answer = await ask(q)
      expect(answer.status).toBeGreaterThanOrEqual(400)
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect(answer.headers.get('access-control-allow-headers')).toContain('*')
      expect(answer.headers.get('access-control-expose-headers')).toContain('*')
    }
  })

  test('S45: OPTIONS with broken SQL is 200 and empty', async () => {
    const answer = await address.ask(postern.port, 'alice', {
      method: 'OPTIONS',
      path: '/api/v2/sql',
      query: { q: 'selec' },
    })
    expect({ status: answer.status, text: answer.text }).toEqual({ status: 200, text: '' })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
  })

  test('S46: pages of every site may read answers', async () => {
    const { headers } = await ask('select 1')
    expect(headers.get('access-control-allow-origin')).toBe('*')
    expect(headers.get('access-control-allow-headers')).toContain('*')
    expect(headers.get('access-control-expose-headers')).toContain('*')
  })

  test('S49: the version is told without a key', async () => {
    const answer = await address.ask(postern.port, 'alice', { path: '/api/v2/version' })
    expect(answer.status, answer.text).toBe(200)
    expect(answer.json()).toEqual({ cartodb_sql_api: expect.stringMatching(/^\d+\.\d+\.\d+$/) })
  })

  test('S59: answers vary by Authorization', async () => {
    expect((await ask('select 1')).headers.get('vary')).toContain('Authorization')
    expect((await asMaster('select 1')).headers.get('vary')).toContain('Authorization')
  })

  test('S60: answers tell whose account it is', async () => {
    const [first, second, refused] = [
      await ask('select 1'),
      await asMaster('select 1'),
      await ask('select * from private_table'),
    ].map(({ headers }) => [headers.get('carto-user'), headers.get('carto-user-id')])
    expect(first).toEqual(['alice', expect.stringMatching(/./)])
    expect([second, refused]).toEqual([first, first])
  })

  test('S63: no key copies from and to a table that the public may read and write', async () => {
    const copy = (path: string, q: string, body?: string) =>
      address.ask(postern.port, 'alice', {
        ...(body !== undefined && { method: 'POST', body }),
        path,
        query: { q },
      })
    const from = 'copy copied (name) from stdin'
    const sent = await copy('/api/v2/sql/copyfrom', from, 'a\nb\n')
    expect(sent.status, sent.text).toBe(200)
    expect(sent.json()).toMatchObject({ total_rows: 2 })
    const nothing = await copy('/api/v2/sql/copyfrom', from, '')
    expectRefusal(nothing, 400, 'No rows copied')
    const read = await copy(
      '/api/v2/sql/copyto',
      'copy (select name from copied limit 1) to stdout',
    )
    expect({ status: read.status, text: read.text }).toEqual({ status: 200, text: 'a\n' })
    const denied = 'permission denied for table private_table'
    expectRefusal(await copy('/api/v2/sql/copyto', 'copy private_table to stdout'), 403, denied)
    const refused = await copy(
      '/api/v2/sql/copyfrom',
      'copy private_table (name) from stdin',
      'x\n',
    )
    expectRefusal(refused, 403, denied)
  })

  test.each(['kml', 'shp'])('S61: exports as %s, public data for all', async (format) => {
    const q = 'select cartodb_id, name, the_geom from public_table'
    for (const token of [undefined, alice.master_key]) {
      const answer = await ask(q, token, { format })
      expect(answer.status, answer.text).toBe(200)
      expect(answer.headers.get('content-disposition')).toMatch(
        /^attachment; filename=cartodb-query\./,
      )
    }
    const refused = await ask('select * from private_table', undefined, { format })
    expectRefusal(refused, 403, 'permission denied for table private_table')
  })
})

describe('where the way to name the account makes the difference', () => {
  const [byPath, bySubdomain] = accountAddresses
  const select = (q: string) => ({ path: '/api/v2/sql', query: { q } })

  test.each([byPath, bySubdomain])('S15: Basic may not contradict it ($name)', async (address) => {
    for (const user of ['bob', '', 'ALICE']) {
      const answer = await address?.ask(postern.port, 'alice', {
        ...select('select 1'),
        headers: {
          authorization: `Basic ${Buffer.from(`${user}:${alice.master_key}`).toString('base64')}`,
        },
      })
      expect(answer?.status).toBe(403)
      expect(answer?.json()).toEqual({ error: ['permission denied'] })
    }
  })

  test.each([byPath, bySubdomain])(
    'S31, S33: a key by Basic counts, and the master key in the address opens nothing ($name)',
    async (address) => {
      const answer = await address?.ask(postern.port, 'alice', {
        ...select('select * from information_schema.tables'),
        token: alice.master_key,
        headers: {
          authorization: `Basic ${Buffer.from(`alice:${regular.granted}`).toString('base64')}`,
        },
      })
      expect(answer?.status).toBe(403)
      expect(answer?.json()).toEqual({ error: ['system tables are forbidden'] })
    },
  )
})

test('S43: the public role is stopped at its limit of time, by every entrance', async () => {
  const letGo = await holdTable(postern, alice, 'public_table')
  const q = 'select count(*) from public_table'
  const answers = await Promise.all(
    accountAddresses.map((address) =>
      address.ask(postern.port, 'alice', { path: '/api/v2/sql', query: { q } }),
    ),
  )
  await letGo()
  for (const answer of answers) {
    expectRefusal(
      answer,
      429,
      "You are over platform's limits: SQL query timeout error. Refactor your query before running again or contact CARTO support for more details.",
    )
    expect(answer.json()).toMatchObject({ context: 'limit', detail: 'datasource' })
  }
})
