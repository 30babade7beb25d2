import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type AttackedAccounts,
  expectRefused,
  expectRows,
  expectUnchanged,
  openAttackedAccounts,
} from '../support/attacked-accounts.ts'
import { plainEntrances, sqlEntrances } from '../support/entrances.ts'
import { runAsOwner } from '../support/populate-account.ts'
import { send, sql } from '../support/requests.ts'

// Writing with what may only read, and getting past the parser with what is not what it looks like.

let accounts: AttackedAccounts

beforeAll(async () => {
  accounts = await openAttackedAccounts()
  const { postern, alice } = accounts
  for (const statement of [
    'create table notes (note text)',
    // With the owner's rights, and open to all, as PostgreSQL has it: only READ ONLY stands in front.
    `create function note(text) returns geometry language plpgsql security definer as $$
     begin insert into public.notes values ($1); return null; end $$`,
  ]) {
    await runAsOwner(postern, alice, statement)
  }
})
afterAll(() => accounts.postern.stop())

const asFeature = (expression: string) => `select ${expression}, null::geometry as the_geom`
const noSettings =
  '403 Settings do not last from one request to the next: SET and RESET are only for the master key, among other statements in one text.'
const oneStatement = '403 Without a key of its own, a request may hold only one statement.'
const onlyReads =
  '403 With a key that may change nothing, several statements may be sent only if each of them reads.'
const deniedTable = '403 permission denied for table private_points'

const countNotes = () =>
  expectRows(accounts, accounts.master, 'select count(*)::int as n from notes')

describe('row 35: a key that may only read', () => {
  test('runs in a READ ONLY transaction through every entrance', async () => {
    const { postern, nobody, reader } = accounts
    const q = "select current_setting('transaction_read_only') as mode, null::geometry as the_geom"
    for (const { token } of [nobody, reader]) {
      for (const entrance of sqlEntrances) {
        const answer = await entrance.ask(postern, 'alice', q, token)
        expect({ entrance: entrance.name, text: answer.text }).toMatchObject({
          text: expect.stringContaining('"mode":"on"'),
        })
      }
    }
    for (const attacker of [accounts.writer, accounts.creator, accounts.master]) {
      expect(await expectRows(accounts, attacker, q)).toMatchObject([{ mode: 'off' }])
    }
  })

  test('cannot write through a function of the owner', async () => {
    const { nobody, reader } = accounts
    const before = await countNotes()
    for (const q of [
      "select note('x') as the_geom",
      "select p.name, note('x') as the_geom from public_points p",
      "with a as (select note('x') as the_geom) select the_geom from a",
      "explain analyze select note('x')",
    ]) {
      await expectRefused(accounts, q, '400 cannot execute INSERT in a read-only transaction', {
        by: [nobody, reader],
        through: q.startsWith('explain') ? plainEntrances : sqlEntrances,
      })
    }
    expect(await countNotes()).toEqual(before)
    await expectRows(accounts, accounts.writer, "select note('x')")
    expect(await countNotes()).not.toEqual(before)
  })

  test.each([
    'set default_transaction_read_only = off',
    'set session characteristics as transaction read write',
    'set transaction_read_only = off',
  ])('cannot say otherwise: %s', async (q) => {
    await expectRefused(accounts, q, noSettings, { by: accounts.everybody })
  })
})

test.each([
  "set_config('transaction_read_only', 'off', true)",
  "set_config('transaction_read_only', 'off', false)",
  "set_config('default_transaction_read_only', 'off', false)",
])('row 36: %s', async (expression) => {
  await expectRefused(
    accounts,
    asFeature(expression),
    '403 permission denied for function set_config',
    { by: accounts.everybody },
  )
  const block = 'do $$ begin set transaction read write; end $$'
  await expectRefused(accounts, block, '403 Only the master key may use DO.', {
    by: accounts.keys,
  })
})

test.each([
  'set transaction read write',
  'set local transaction_read_only = off',
  'set transaction isolation level serializable, read write',
])('row 37: %s as the whole statement', async (q) => {
  await expectRefused(accounts, q, noSettings, { by: accounts.everybody })
})

describe('row 38: statements that write and look as if they read', () => {
  test.each([
    'explain analyze delete from private_points',
    'explain (analyze, costs off) update private_points set name = null',
    "explain analyze insert into private_points (name) values ('x')",
    'with gone as (delete from private_points returning *) select name, the_geom from gone',
    "with made as (insert into private_points (name) values ('x') returning *) select * from made",
    'with a as (select 1), b as (update private_points set name = null) select * from a',
    'select name, the_geom from private_points for update',
    'merge into private_points p using public_points q on true when matched then delete',
  ])('%s', async (q) => {
    const { nobody, reader, creator } = accounts
    await expectUnchanged(accounts, async () => {
      await expectRefused(accounts, q, deniedTable, {
        by: [nobody, reader, creator],
        through: plainEntrances,
      })
      const [geojson] = sqlEntrances.slice(-1)
      const answer = await geojson?.ask(accounts.postern, 'alice', q, accounts.writer.token)
      expect(answer?.status).toBe(400)
    })
  })

  test.each([
    'select * into made_now from public_points',
    'create table made_now as select * from public_points',
    'create table made_now as table public_points with no data',
    'explain analyze select * into made_now from public_points',
    'create unlogged table made_now as values (1)',
  ])('%s', async (q) => {
    await expectUnchanged(accounts, () =>
      expectRefused(
        accounts,
        q,
        /: 40[03] (permission denied for schema public|EXPLAIN is offered for)/,
        { by: [accounts.nobody, accounts.reader, accounts.writer], through: plainEntrances },
      ),
    )
  })

  test.each([
    'explain analyze create table made_now as select 1',
    'explain analyze execute a',
    'explain analyze declare a cursor for select 1',
    'explain analyze create materialized view made_now as select 1',
    'explain analyze refresh materialized view other_matview',
  ])('%s', async (q) => {
    await expectUnchanged(accounts, () =>
      expectRefused(
        accounts,
        q,
        '403 EXPLAIN is offered for SELECT, INSERT, UPDATE, DELETE and MERGE statements only.',
        { by: accounts.everybody },
      ),
    )
  })
})

describe('row 39: breaking out of the SELECT that GeoJSON is made with', () => {
  const [geojson] = sqlEntrances.slice(-1)

  test.each([
    'select null::geometry as the_geom) as q1, (select name from private_points',
    'select null::geometry as the_geom) as _postern; delete from private_points; --',
    'select null::geometry as the_geom) as _postern --',
    'select null::geometry as the_geom) union select name from (select * from private_points',
    'select null::geometry as the_geom /*',
    'select null::geometry as the_geom */',
    "select null::geometry as the_geom, 'open",
    'select null::geometry as "the_geom',
    'select null::geometry as the_geom $$',
    '(select null::geometry as the_geom',
    'select null::geometry as the_geom;)',
    'select null::geometry as the_geom; select 1',
    'select null::geometry as the_geom; delete from private_points --',
    ') as _postern; delete from private_points; select * from (select 1',
    '',
    '--',
    ';',
    'show all',
    'values (1)',
    'explain select null::geometry as the_geom',
    'table private_points',
  ])('%s', async (q) => {
    await expectUnchanged(accounts, async () => {
      for (const { token } of [accounts.nobody, accounts.writer, accounts.creator]) {
        const answer = await geojson?.ask(accounts.postern, 'alice', q, token)
        const isOwn = token === accounts.writer.token && q.startsWith('table')
        if (isOwn) continue
        expect(answer?.status).toBeGreaterThanOrEqual(400)
        expect(answer?.status).toBeLessThan(500)
        expect(answer?.text).not.toContain('canary')
        expect(answer?.json().error).toHaveLength(1)
      }
    })
  })

  test.each([
    'select name, the_geom from public_points --',
    'select name, the_geom from public_points -- ) limit 0',
    'select name, the_geom from public_points; --',
    'select name, the_geom from public_points /* ) as q /* */ ; */',
    ';; select name, the_geom from public_points;;',
    "select 'é' as name, the_geom from public_points; -- é",
    'with a as (select * from public_points) select name, the_geom from a',
    '(select name, the_geom from public_points)',
    "select ') as _postern; drop table public_points; --' as name, the_geom from public_points",
    'select $a$) as _postern; $a$ as name, the_geom from public_points',
    'select name as "_postern_geojson", the_geom from public_points',
  ])('and what is whole stays whole: %s', async (q) => {
    const answer = await geojson?.ask(accounts.postern, 'alice', q, undefined)
    expect(answer?.status).toBe(200)
    const { features } = answer?.json<{ features: { geometry: unknown }[] }>() ?? {}
    expect(features?.map(({ geometry }) => geometry)).toEqual(
      [1, 2, 3].map((n) => ({ type: 'Point', coordinates: [n, n] })),
    )
  })
})

describe('row 40: texts that two parsers could read differently', () => {
  test.each([
    ['a NUL', 'select 1\0; delete from private_points'],
    ['a NUL at the end', 'select 1\0'],
    ['a NUL in a literal', "select 'a\0b'"],
  ])('%s', async (_, q) => {
    await expectRefused(
      accounts,
      q,
      '400 The statement contains a character that PostgreSQL cannot store.',
      {
        by: accounts.everybody,
        through: plainEntrances.filter(({ name }) => !name.includes('multipart')),
      },
    )
  })

  test('half a surrogate pair', async () => {
    const { alice } = accounts
    const answer = await send(`${alice.base_url}/api/v2/sql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: String.raw`{"q": "select '\ud800'"}`,
    })
    expect(answer.status).toBe(400)
    expect(answer.json()).toEqual({
      error: ['The statement contains a character that PostgreSQL cannot store.'],
    })
  })

  test.each([
    ['a backslash before a quote', String.raw`select '\'; delete from private_points; --'`],
    [
      'a backslash in an escape string',
      String.raw`select E'\'; select 1; --'; delete from private_points`,
    ],
    ['comments in comments', '/* /* */ */ select 1; delete from private_points'],
    ['a carriage return after a comment', 'select 1 --\r; delete from private_points'],
    ['a dollar quote that closes early', 'select $a$ $b$ $a$; delete from private_points; --$b$'],
    ['a dollar quote with letters beyond ASCII', 'select $é$;$é$; delete from private_points'],
    ['a string over two lines', "select 'a'\n'b'; delete from private_points"],
    ['a letter beyond ASCII before the end', "select 'é'; delete from private_points"],
    ['an emoji before the end', "select '😀'; delete from private_points"],
  ])('%s', async (_, q) => {
    const { nobody, reader, creator } = accounts
    await expectRefused(accounts, q, oneStatement, { by: [nobody] })
    await expectRefused(accounts, q, onlyReads, { by: [reader] })
    await expectRefused(accounts, q, deniedTable, { by: [creator], through: plainEntrances })
  })

  test.each([
    ['a semicolon of another script', 'select 1； delete from private_points'],
    ['a byte order mark', '\ufeffselect 1 as one; delete from private_points'],
    ['a line separator after a comment', 'select 1 --\u2028; delete from private_points'],
    ['a space that does not break', 'select\u00a01; delete from private_points'],
    ['a vertical tab', 'select\v1'],
    ['a parameter', 'select $1::text'],
    ['a variable of a client', 'select :name'],
    ['a command of a client', '\\copy private_points to stdout'],
    ['a half-open unicode name', 'select U&"\\00'],
  ])('%s', async (_, q) => {
    await expectUnchanged(accounts, async () => {
      for (const { token } of accounts.keys) {
        const answer = await sql(accounts.postern, 'alice', q, token)
        expect(answer.status).toBeLessThan(500)
        expect(answer.text).not.toContain('canary')
      }
    })
  })

  test.each([
    'select relname as name, null::geometry as the_geom from U&"pg\\005fclass"',
    'select relname as name, null::geometry as the_geom from U&"pg!005fclass" uescape \'!\'',
    'select relname as name, null::geometry as the_geom from PG_CATALOG.PG_CLASS',
    'select 1 as name, null::geometry as the_geom from pg_catalog."pg_class"',
    'select 1 as name, null::geometry as the_geom from/**/pg_class',
    'select 1 as name, null::geometry as the_geom from only (pg_class)',
    'select 1 as name, null::geometry as the_geom from postgres.pg_catalog.pg_class',
  ])('system tables under another spelling: %s', async (q) => {
    await expectRefused(accounts, q, '403 system tables are forbidden', { by: accounts.keys })
  })
})

describe('row 41: COPY through a request for a query', () => {
  const noCopy = '403 COPY has addresses of its own: /api/v2/sql/copyfrom and /api/v2/sql/copyto.'

  test.each([
    'copy private_points to stdout',
    'copy (select * from private_points) to stdout',
    'copy public_points (name) from stdin',
    "copy private_points to '/tmp/stolen'",
    "copy private_points from '/etc/passwd'",
    "copy private_points to program 'cat > /tmp/stolen'",
    "copy private_points from program 'id'",
    'copy binary private_points to stdout',
  ])('%s is refused, and nobody is kept waiting', async (q) => {
    await expectRefused(accounts, q, noCopy, { by: accounts.everybody })
  })

  test.each([
    [
      'to the client',
      'copy private_points to stdout',
      /: 400 cannot COPY to\/from client in PL\/pgSQL$/,
    ],
    ['to a file', "copy private_points to ''/tmp/stolen''", /: 40[03] .*COPY to (or from )?a file/],
    [
      'from a file',
      "copy private_points from ''/etc/passwd''",
      /: 40[03] .*COPY (to or )?from a file/,
    ],
    [
      'to a program',
      "copy private_points to program ''id''",
      /: 40[03] .*COPY to or from an external program|: 40[03] permission denied to COPY/,
    ],
  ])('the master cannot copy %s from a block of code', async (_, statement, refusal) => {
    await expectRefused(accounts, `do $$ begin execute '${statement}'; end $$`, refusal, {
      by: [accounts.master],
      through: plainEntrances,
    })
  })
})
