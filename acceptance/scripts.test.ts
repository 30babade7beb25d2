import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { findPublicRole, runAsOwner } from './support/populate-account.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { type Answer, type CreatedKey, createKey, deleteKey, sql } from './support/requests.ts'

let postern: Postern
let owner: AccountCredentials
let writer: CreatedKey
let creator: CreatedKey
let reader: CreatedKey

beforeAll(async () => {
  postern = await startPostern({ POSTERN_MASTER_STATEMENT_TIMEOUT_MS: '4000' })
  owner = await postern.createAccount('owner')
  await runAsOwner(postern, owner, 'create table kept (id serial primary key, n int)')
  await runAsOwner(
    postern,
    owner,
    `grant select on kept to "${await findPublicRole(postern, owner)}"`,
  )
  writer = await createKey(postern, owner, {
    tables: [{ name: 'kept', permissions: ['select', 'insert', 'delete'] }],
  })
  creator = await createKey(postern, owner, { create: ['public'] })
  reader = await createKey(postern, owner, { tables: [{ name: 'kept', permissions: ['select'] }] })
})
afterAll(() => postern.stop())

const asMaster = (q: string, parameters: Record<string, string> = {}) =>
  sql(postern, 'owner', q, owner.master_key, parameters)

async function expectDone(answer: Promise<Answer>): Promise<Record<string, unknown>> {
  const { status, text } = await answer
  expect({ status, text }).toMatchObject({ status: 200 })
  return JSON.parse(text)
}

async function countKept(): Promise<unknown> {
  const [row] = await runAsOwner(postern, owner, 'select count(*)::int as n from kept')
  return row?.n
}

describe('what the classic clients send', () => {
  test('GDAL and cartoframes make a table', async () => {
    for (let again = 0; again < 2; again += 1) {
      const q = `BEGIN; DROP TABLE IF EXISTS "uploaded";CREATE TABLE "uploaded" ( cartodb_id SERIAL,the_geom Geometry(POINT,4326),"name" VARCHAR,PRIMARY KEY (cartodb_id) );DROP SEQUENCE IF EXISTS "uploaded_cartodb_id_seq" CASCADE;CREATE SEQUENCE "uploaded_cartodb_id_seq" START 1;ALTER SEQUENCE "uploaded_cartodb_id_seq" OWNED BY "uploaded".cartodb_id;ALTER TABLE "uploaded" ALTER cartodb_id SET DEFAULT nextval('"uploaded_cartodb_id_seq"'); COMMIT;`
      expect(await expectDone(asMaster(q))).toMatchObject({ rows: [], fields: {}, total_rows: 0 })
    }
    const inserted = await expectDone(
      asMaster(
        `BEGIN;INSERT INTO "uploaded" ("name") VALUES ('a');INSERT INTO "uploaded" ("name") VALUES ('b');COMMIT;`,
      ),
    )
    expect(inserted).toMatchObject({ rows: [], total_rows: 0 })
    expect(await runAsOwner(postern, owner, 'select name from uploaded order by 1')).toEqual([
      { name: 'a' },
      { name: 'b' },
    ])
  })

  test('cartoframes replaces what is in a table, with a semicolon too many here and there', async () => {
    await expectDone(
      asMaster(
        '; BEGIN; TRUNCATE TABLE uploaded; ALTER TABLE uploaded DROP COLUMN name,ADD COLUMN name text;; COMMIT;',
      ),
    )
    await expectDone(
      asMaster(
        'BEGIN; DROP TABLE IF EXISTS copied; CREATE TABLE copied AS (SELECT 1 AS one); COMMIT;',
      ),
    )
    expect(await runAsOwner(postern, owner, 'table copied')).toEqual([{ one: 1 }])
  })

  test('functions and blocks of code, whatever stands in their dollar quotes', async () => {
    await expectDone(
      asMaster(
        `CREATE OR REPLACE FUNCTION twice(n int) RETURNS int AS $$
         BEGIN RETURN n * 2; -- COMMIT;
         END; $$ LANGUAGE plpgsql;
         DO $a$ BEGIN PERFORM twice(1); RAISE NOTICE '; COMMIT;'; END; $a$;
         SELECT twice(21) AS n`,
      ),
    ).then((answer) =>
      expect(answer).toMatchObject({ rows: [{ n: 42 }], notices: ['; COMMIT;'], total_rows: 1 }),
    )
  })

  test('a regular key inserts in a transaction, as GDAL does with it', async () => {
    const before = Number(await countKept())
    const q =
      'BEGIN;INSERT INTO kept (id, n) VALUES (-1, 1);INSERT INTO kept (id, n) VALUES (-2, 2);COMMIT;'
    await expectDone(sql(postern, 'owner', q, writer.token))
    expect(await countKept()).toBe(before + 2)
    await expectDone(sql(postern, 'owner', 'begin; delete from kept; rollback', writer.token))
    expect(await countKept()).toBe(before + 2)
    await expectDone(
      sql(
        postern,
        'owner',
        'BEGIN; CREATE TABLE made (n int); INSERT INTO made VALUES (1); COMMIT;',
        creator.token,
      ),
    )
    expect(await runAsOwner(postern, owner, 'table made')).toEqual([{ n: 1 }])
  })
})

describe('the answer', () => {
  test('holds the rows of all statements; the rest is of the last', async () => {
    const answer = await expectDone(
      asMaster(
        `select 1 as a, 'x' as b; insert into kept (n) values (3) returning n; select 2.5 as c, null as d from generate_series(1, 2)`,
      ),
    )
    expect(answer).toMatchObject({
      rows: [{ a: 1, b: 'x' }, { n: 3 }, { c: 2.5, d: null }, { c: 2.5, d: null }],
      fields: { c: { type: 'number', pgtype: 'numeric' }, d: { type: 'string', pgtype: 'text' } },
      total_rows: 2,
    })
    expect(await expectDone(asMaster('select 1 as a; delete from kept where n = 3'))).toMatchObject(
      {
        rows: [{ a: 1 }],
        fields: {},
        total_rows: 1,
      },
    )
  })

  test('streams when it is large', async () => {
    const part = `select n, repeat('x', 100) as x from generate_series(1, 2000) as n`
    const answer = await expectDone(asMaster(`${part}; ${part}; select 1 as one`))
    expect(answer.rows).toHaveLength(4001)
    expect((answer.rows as unknown[]).at(-1)).toEqual({ one: 1 })
  })

  test('to an error is the error, and everything is undone', async () => {
    const before = await countKept()
    for (const q of [
      'insert into kept (n) values (1); select 1 / 0; insert into kept (n) values (2)',
      'begin; insert into kept (n) values (1); select 1 / 0; commit',
      'insert into kept (n) values (1); select * from nowhere',
    ]) {
      expect((await asMaster(q)).status).toBe(400)
    }
    expect(await countKept()).toBe(before)
  })

  test('to a transaction that is left open says so, and everything is undone', async () => {
    const before = await countKept()
    const answer = await asMaster('begin; insert into kept (n) values (1)')
    expect({ status: answer.status, ...answer.json() }).toEqual({
      status: 400,
      error: [
        'The transaction was left open and has been rolled back. End it with COMMIT in the same text.',
      ],
    })
    expect(await countKept()).toBe(before)
  })

  test('in another format needs one SELECT', async () => {
    const q = 'select null::geometry as the_geom; select null::geometry as the_geom'
    expect((await asMaster(q, { format: 'geojson' })).status).toBe(400)
  })
})

describe('the end of', () => {
  test('the deadline is the end of the whole script', async () => {
    const before = await countKept()
    const answer = await asMaster('insert into kept (n) values (7); select pg_sleep(600)')
    expect(answer.status).toBe(429)
    expect(answer.json()).toEqual({
      error: [
        "You are over platform's limits: SQL query timeout error. Refactor your query before running again or contact CARTO support for more details.",
      ],
      context: 'limit',
      detail: 'datasource',
    })
    expect(await countKept()).toBe(before)
  })

  test('the key is the end of its script', async () => {
    const before = await countKept()
    const { name, token } = await createKey(postern, owner, {
      tables: [{ name: 'kept', permissions: ['insert'] }],
    })
    const running = sql(
      postern,
      'owner',
      'begin; insert into kept (id, n) values (-7, 7); select count(*) from generate_series(1, 1000000) as a, generate_series(1, 1000000) as b; commit',
      token,
    )
    await expect
      .poll(
        () =>
          runAsOwner(
            postern,
            owner,
            `select count(*)::int as n from pg_locks where relation = 'kept'::regclass and mode = 'RowExclusiveLock'`,
          ),
        { timeout: 60_000 },
      )
      .toEqual([{ n: 1 }])
    await deleteKey(postern, owner, name)
    expect((await running).status).toBe(401)
    expect(await countKept()).toBe(before)
  })
})

test('a key that may only read has one READ ONLY transaction, and cannot end it', async () => {
  const read =
    "show transaction_read_only; select n from kept limit 0; select current_setting('transaction_read_only') as mode"
  expect(await expectDone(sql(postern, 'owner', read, reader.token))).toMatchObject({
    rows: [{ transaction_read_only: 'on' }, { mode: 'on' }],
  })
})
