import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type AttackedAccounts,
  type Attacker,
  describeSessions,
  expectRefused,
  expectRows,
  expectUnchanged,
  openAttackedAccounts,
} from '../support/attacked-accounts.ts'
import { plainEntrances } from '../support/entrances.ts'
import { runAsOwner } from '../support/populate-account.ts'
import { sql } from '../support/requests.ts'

// Several statements in one text: hiding one behind another, getting out of the transaction that the
// server has begun, and leaving something behind.

let accounts: AttackedAccounts

beforeAll(async () => {
  accounts = await openAttackedAccounts()
  const { postern, alice } = accounts
  for (const statement of [
    'create table notes (note text)',
    // With the owner's rights, and open to all: only READ ONLY stands in front.
    `create function note(text) returns int language plpgsql security definer as $$
     begin insert into public.notes values ($1); return 1; end $$`,
  ]) {
    await runAsOwner(postern, alice, statement)
  }
})
afterAll(() => accounts.postern.stop())

const oneStatement = '403 Without a key of its own, a request may hold only one statement.'
const onlyReads =
  '403 With a key that may change nothing, several statements may be sent only if each of them reads.'
const ownRole =
  '403 A request runs as the role of its key: SET ROLE and SET SESSION AUTHORIZATION are not available.'
const deniedTable = '403 permission denied for table private_points'

/** Without a key there is no second statement, whatever it is. */
const unlessNobody =
  (refusal: string) =>
  ({ name }: Attacker) =>
    name === 'nobody' ? oneStatement : refusal

describe('a statement behind another', () => {
  test.each([
    'select 1; delete from private_points',
    'delete from private_points; select 1',
    ';;;select 1;;;delete from private_points;;;',
    'select 1 /* ; */ ; delete from private_points -- ;',
    'select 1 --\n; delete from private_points',
    'select 1 --\r; delete from private_points',
    "select ';'; delete from private_points; select ';'",
    "select ''';'; delete from private_points",
    String.raw`select E'\';'; delete from private_points; --'`,
    String.raw`select '\'; delete from private_points; --'`,
    'select $$;$$; delete from private_points',
    'select $a$ $b$;$a$; delete from private_points; --$b$',
    'select $é$;$é$; delete from private_points',
    'select ";" from (select 1 as ";") as a; delete from private_points',
    "select U&'\\003b'; delete from private_points",
    "select 'é😀'; delete from private_points; select 'é😀'",
    "select B'1'; delete from private_points; select X'1'",
    'begin; delete from private_points; commit',
    'begin; select 1; commit; delete from private_points',
    'savepoint a; delete from private_points',
  ])('is judged like any other: %s', async (q) => {
    const { nobody, reader, creator } = accounts
    await expectUnchanged(accounts, async () => {
      await expectRefused(accounts, q, oneStatement, { by: [nobody] })
      await expectRefused(accounts, q, onlyReads, { by: [reader] })
      const refusal = q.startsWith('savepoint')
        ? '400 SAVEPOINT can only be used in transaction blocks'
        : deniedTable
      await expectRefused(accounts, q, refusal, { by: [creator], through: plainEntrances })
    })
  })

  test.each([
    [
      'select 1; do $$ begin delete from private_points; end $$',
      '403 Only the master key may use DO.',
    ],
    [
      'begin; create view v as select * from private_points; commit',
      '403 Only the master key may create or change views.',
    ],
    [
      "select 1; create function f() returns int language sql as 'select 1'",
      '403 Only the master key may manage functions, triggers, rules, policies, types and operators.',
    ],
    [
      'select 1; grant select on private_points to public',
      '403 Only the master key may use GRANT and REVOKE.',
    ],
    [
      "select 1; alter role current_user password 'known'",
      '403 Roles are managed through the API keys: role commands are not available.',
    ],
    ['select 1; select * from pg_authid', '403 system tables are forbidden'],
    ['select 1; select * from U&"pg\\005fclass"', '403 system tables are forbidden'],
    [
      'begin; set local statement_timeout = 0; commit',
      '403 Settings do not last from one request to the next: SET and RESET are only for the master key, among other statements in one text.',
    ],
    [
      'begin; lock public_points; commit',
      '403 Locks do not last from one request to the next: LOCK is only for the master key, among other statements in one text.',
    ],
    [
      'begin; declare c cursor for select 1; fetch all from c; commit',
      '403 Cursors do not last from one request to the next: DECLARE, FETCH, MOVE and CLOSE are only for the master key, among other statements in one text.',
    ],
    [
      'prepare p as delete from private_points; execute p',
      '403 Prepared statements do not last from one request to the next: PREPARE, EXECUTE and DEALLOCATE are only for the master key, among other statements in one text.',
    ],
  ])('does not pass for what stands in front of it: %s', async (q, refusal) => {
    await expectUnchanged(accounts, () =>
      expectRefused(accounts, q, unlessNobody(refusal), { by: accounts.keys }),
    )
  })

  test.each([
    [
      'select 1; copy private_points to stdout',
      '403 COPY has addresses of its own: /api/v2/sql/copyfrom and /api/v2/sql/copyto.',
    ],
    [
      "select 1; copy private_points from program 'id'",
      '403 COPY has addresses of its own: /api/v2/sql/copyfrom and /api/v2/sql/copyto.',
    ],
    ["begin; select 1; prepare transaction 'a'", '403 Prepared transactions are not available.'],
    ['select 1; listen a', '403 LISTEN, NOTIFY and UNLISTEN are not available.'],
    ['select 1; discard all', '403 DISCARD is not available.'],
    ['select 1; set role none', ownRole],
    ['select 1; set local "ROLE" to none', ownRole],
    ['begin; reset session authorization; commit', ownRole],
    [
      'select 1; create database made_now',
      '403 Commands that concern the whole database or the server are not available.',
    ],
  ])('is refused to the master key as well when it is for nobody: %s', async (q, refusal) => {
    await expectRefused(accounts, q, unlessNobody(refusal), { by: accounts.everybody })
  })

  test('does not run when one of them may not', async () => {
    const { writer, master } = accounts
    await expectUnchanged(accounts, async () => {
      for (const [attacker, q] of [
        [writer, 'delete from private_points; do $$ begin end $$'],
        [writer, 'begin; delete from private_points; commit; select * from pg_class'],
        [master, 'drop table private_points; commit; listen a'],
      ] as const) {
        expect((await sql(accounts.postern, 'alice', q, attacker.token)).status).toBe(403)
      }
    })
  })
})

describe('the READ ONLY transaction of a key that may change nothing', () => {
  const countNotes = () =>
    expectRows(accounts, accounts.master, 'select count(*)::int as n from notes')

  test.each([
    "select 1; select note('x')",
    "select 1 as one; select 2; select note('x') from public_points",
    "select note('x'); select 1",
    "explain analyze select note('x'); select 1",
  ])('is that of every statement: %s', async (q) => {
    const before = await countNotes()
    await expectRefused(accounts, q, '400 cannot execute INSERT in a read-only transaction', {
      by: [accounts.reader],
      through: plainEntrances,
    })
    expect(await countNotes()).toEqual(before)
  })

  test.each([
    "commit; select note('x')",
    "rollback; begin; select note('x'); commit",
    "end; select note('x')",
    "abort and chain; select note('x')",
    "begin read write; select note('x'); commit",
    "start transaction isolation level serializable, read write; select note('x'); commit",
    "savepoint a; select note('x'); release a",
    // One that is for PostgreSQL to refuse does not take it from the others.
    "select note('x'); insert into private_points (name) values ('x')",
    "select note('x'); select 1 from public_points for update",
    "select note('x'); explain analyze delete from private_points",
  ])('cannot be ended or avoided: %s', async (q) => {
    const before = await countNotes()
    await expectRefused(accounts, q, onlyReads, { by: [accounts.reader] })
    await expectRefused(accounts, q, oneStatement, { by: [accounts.nobody] })
    expect(await countNotes()).toEqual(before)
  })

  test.each([
    "set transaction read write; select note('x')",
    "set local transaction_read_only = off; select note('x')",
    "set session characteristics as transaction read write; select note('x')",
    "reset all; select note('x')",
  ])('cannot be set otherwise: %s', async (q) => {
    const before = await countNotes()
    await expectRefused(
      accounts,
      q,
      unlessNobody(
        '403 Settings do not last from one request to the next: SET and RESET are only for the master key, among other statements in one text.',
      ),
      { by: accounts.keys },
    )
    expect(await countNotes()).toEqual(before)
  })
})

describe('what a script of the master key leaves behind', () => {
  test.each([
    'set statement_timeout = 0; set search_path = archive; set work_mem = 65536',
    'begin; set lock_timeout = 0; commit; select 1',
    'set session characteristics as transaction isolation level serializable; commit',
    'prepare "find-relation" as select 1; prepare a as select 2; commit',
    'declare c cursor with hold for select 1; commit',
    'begin; lock private_points; commit; select 1',
    'begin isolation level serializable; select 1',
    'begin; set local search_path = archive; select 1 / 0; commit',
    'begin; savepoint a; select 1 / 0; rollback to a',
    "select nextval('private_points_cartodb_id_seq'); select 1",
    'deallocate all; close all; reset all; select 1',
  ])('is gone for whoever comes next: %s', async (q) => {
    const { master, alice, postern } = { ...accounts }
    const look = async () => [
      await describeSessions(accounts, master),
      await expectRows(
        accounts,
        master,
        `select (select count(*)::int from pg_prepared_statements) as prepared,
           (select count(*)::int from pg_cursors where is_holdable) as cursors,
           (select count(*)::int from pg_listening_channels()) as channels,
           (select count(*)::int from pg_locks
            where relation = 'private_points'::regclass) as locks,
           (select count(*)::int from pg_stat_activity
            where usename = current_user and state like 'idle in%') as open`,
      ),
    ]
    const before = await look()
    // On each session that there is, and on some of them twice.
    await Promise.all(Array.from({ length: 8 }, () => sql(postern, 'alice', q, alice.master_key)))
    expect(await look()).toEqual(before)
    await expectRefused(accounts, 'select lastval()', /: 400 lastval is not yet defined/, {
      by: [master],
      through: plainEntrances,
    })
  })

  test('is not a role', async () => {
    const { master, ownerRole } = accounts
    await expectRefused(
      accounts,
      `select 1; set role "${accounts.neighbour.role}"; select 2`,
      ownRole,
      { by: [master] },
    )
    expect(await expectRows(accounts, master, 'select 1; select current_user as role')).toEqual([
      { '?column?': 1 },
      { role: ownerRole },
    ])
  })

  test('costs the request when it changes what the bytes of a session mean', async () => {
    for (const setting of ["set client_encoding = 'LATIN1'", "set local time zone 'Asia/Tokyo'"]) {
      await expectRefused(
        accounts,
        `begin; ${setting}; select 1; commit`,
        '403 The statement changed a setting of the session, which no statement may do.',
        { by: [accounts.master], through: plainEntrances },
      )
    }
  })
})
