import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPublicRole, runAsOwner } from './support/populate-account.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { type Answer, createKey, send, sql } from './support/requests.ts'

// The functions of the schema `cartodb`, word for word as clients call them.

let postern: Postern
let owner: AccountCredentials
let tokens: { master: string; reader: string; maker: string; anybody: undefined }

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.createAccount('owner')
  for (const statement of [
    'create table open_data (name text)',
    'create table mine (name text)',
    'create table hidden (name text)',
    `grant select on open_data to "${await findPublicRole(postern, owner)}"`,
    "select CDB_CartodbfyTable('mine')",
  ]) {
    await runAsOwner(postern, owner, statement)
  }
  const reader = await createKey(postern, owner, {
    tables: [{ name: 'mine', permissions: ['select', 'insert'] }],
  })
  const maker = await createKey(postern, owner, { create: ['public'] })
  tokens = {
    master: owner.master_key,
    reader: reader.token,
    maker: maker.token,
    anybody: undefined,
  }
})
afterAll(() => postern.stop())

type Who = keyof typeof tokens

const ask = (who: Who, q: string, parameters = {}) =>
  sql(postern, 'owner', q, tokens[who], parameters)

async function rows(who: Who, q: string): Promise<Record<string, unknown>[]> {
  const answer = await ask(who, q)
  expect(answer.status, answer.text).toBe(200)
  return answer.json<{ rows: Record<string, unknown>[] }>().rows
}

const errorOf = (answer: Answer) => answer.json<{ error: string[] }>().error[0]

test.each<[Who, string[]]>([
  ['master', ['hidden', 'mine', 'open_data']],
  ['reader', ['mine', 'open_data']],
  ['anybody', ['open_data']],
])("GDAL's list of tables, as %s", async (who, expected) => {
  const found = await rows(who, 'SELECT CDB_UserTables() LIMIT 500 OFFSET 0')
  expect(found.map((row) => row.cdb_usertables)).toEqual(expected)
})

describe('a table that is uploaded', () => {
  test.each<[Who, string, string]>([
    ['master', 'cartoframes', "SELECT CDB_CartodbfyTable('public', 'uploaded')"],
    ['master', 'carto-python', "SELECT CDB_CartoDBFyTable('public', 'uploaded')"],
    ['master', 'GDAL', "SELECT cdb_cartodbfytable('uploaded')"],
    ['maker', 'GDAL', "SELECT cdb_cartodbfytable('uploaded')"],
  ])('by %s with %s becomes a dataset', async (who, _client, call) => {
    // As cartoframes creates it.
    await rows(who, 'CREATE TABLE uploaded ("name" text, "the_geom" geometry(Geometry, 4326))')
    await rows(who, "INSERT INTO uploaded VALUES ('a', CDB_LatLng(50, 10))")
    const prepared = await ask(who, call)
    expect(prepared.status, prepared.text).toBe(200)
    // Clients show what is told beside an answer.
    expect(prepared.json()).not.toHaveProperty('notices')
    expect(
      await rows(who, 'SELECT cartodb_id, ST_SRID(the_geom_webmercator) AS srid FROM uploaded'),
    ).toEqual([{ cartodb_id: 1, srid: 3857 }])
    // As GDAL draws the number of the next row.
    expect(
      await rows(
        'master',
        "SELECT nextval(pg_get_serial_sequence('uploaded', 'cartodb_id')) AS id",
      ),
    ).toEqual([{ id: 2 }])
    const tile = await send(
      `${postern.url}/user/owner/v3/maps/default/table/0/0/0?name=uploaded&api_key=${owner.master_key}`,
    )
    expect(tile.status).toBe(200)
    await rows(who, 'DROP TABLE uploaded')
  })

  test('cannot be prepared by who does not own it', async () => {
    for (const who of ['reader', 'anybody', 'maker'] as const) {
      const answer = await ask(who, "SELECT CDB_CartodbfyTable('public', 'mine')")
      expect(answer.status).toBe(400)
      expect(errorOf(answer)).toBe('must be owner of table public.mine')
    }
  })
})

describe('CDB_QueryTablesText', () => {
  test('names what a statement reads, as cartoframes asks', async () => {
    expect(
      await rows('master', "SELECT CDB_QueryTablesText('SELECT * FROM mine, hidden') as tables"),
    ).toEqual([{ tables: ['public.hidden', 'public.mine'] }])
  })

  test.each([
    ['SELECT * FROM hidden', 403, 'permission denied for table hidden'],
    ['SELECT * FROM nowhere', 400, 'relation "nowhere" does not exist'],
    ['SELECT 1; DELETE FROM mine', 400, 'cannot open multi-query plan as cursor'],
    ['SELECT 1; SET statement_timeout = 0', 400, 'cannot open multi-query plan as cursor'],
    ["SELECT 1; SELECT pg_catalog.set_config('role', 'x', false)", 400, 'multi-query'],
    ['COMMIT', 400, 'syntax error'],
    ['', 400, 'syntax error'],
  ])('as a key, of %s: refused', async (query, status, sentence) => {
    for (const call of ['CDB_QueryTablesText', 'CDB_EstimateRowCount', 'CDB_QueryTables']) {
      const answer = await ask('reader', `SELECT ${call}('${query.replaceAll("'", "''")}')`)
      expect(answer.status, answer.text).toBe(status)
      expect(errorOf(answer)).toContain(sentence)
    }
    expect(await rows('master', 'SELECT count(*) FROM mine')).toEqual([
      { count: expect.any(Number) },
    ])
  })
})

test('a key writes to a prepared table, and its change is recorded', async () => {
  const changed = "SELECT updated_at FROM cdb_tablemetadata WHERE tabname = 'mine'::regclass"
  const [before] = await rows('master', changed)
  await rows('reader', "INSERT INTO mine (name) VALUES ('x')")
  const [after] = await rows('master', changed)
  expect(String(after?.updated_at) > String(before?.updated_at)).toBe(true)
})

test.each<Who>(['reader', 'maker', 'anybody'])('what is the owner’s is not for %s', async (who) => {
  for (const statement of [
    'SELECT * FROM cdb_tablemetadata',
    'SELECT * FROM cartodb.CDB_TableMetadata',
    'SELECT tabname FROM cartodb.cdb_dataset',
  ]) {
    const answer = await ask(who, statement)
    expect(answer.status, statement).toBe(403)
    expect(errorOf(answer)).toMatch(/^permission denied/)
  }
  const answer = await ask(who, 'SELECT CDB_SetUserQuotaInBytes(1)')
  // The default public key may write nothing at all.
  expect(errorOf(answer)).toMatch(/^permission denied|^cannot execute UPDATE in a read-only/)
})

test('the quota that copyfrom asks for can be read by any key', async () => {
  await rows('master', "SELECT CDB_SetUserQuotaInBytes('public', 1000000)")
  const [row] = await rows(
    'reader',
    'SELECT _CDB_UserQuotaInBytes() - CDB_UserDataSize(current_schema()) AS remaining',
  )
  expect(row?.remaining).toBeLessThan(1_000_000)
  await rows('master', 'SELECT CDB_SetUserQuotaInBytes(0)')
})

test('the demo dataset is prepared too', async () => {
  const answer = await sql(
    postern,
    'demo',
    'SELECT tabname FROM cdb_tablemetadata_text ORDER BY 1',
    postern.demo.master_key,
  )
  expect(answer.json()).toMatchObject({
    rows: [{ tabname: 'public.capitals' }, { tabname: 'public.surveys' }],
  })
})
