import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type AttackedAccounts,
  type Attacker,
  canary,
  expectRows,
  openAttackedAccounts,
} from '../support/attacked-accounts.ts'
import { logInAs } from '../support/log-in-as.ts'

// The same attacks without any gateway: logged in to PostgreSQL as the role of a key, by the simple
// protocol, with as many statements at once as one likes. If every check of the server's own were
// wrong, this is what would be left.

let accounts: AttackedAccounts
let database: string
const roles = new Map<Attacker, string>()
const clients = new Map<Attacker, pg.Client>()

beforeAll(async () => {
  accounts = await openAttackedAccounts()
  for (const attacker of accounts.keys) {
    const q = 'select current_user as role, current_database() as database'
    const [row] = await expectRows(accounts, attacker, q)
    database = String(row?.database)
    roles.set(attacker, String(row?.role))
    clients.set(attacker, await logInAs(accounts.postern, String(row?.role), database))
  }
})
afterAll(async () => {
  for (const client of clients.values()) await client.end()
  await accounts.postern.stop()
})

/** What PostgreSQL answers to each key: an SQLSTATE, or that it did as it was told. */
async function tryAll(statement: string): Promise<Record<string, string>> {
  const answers: Record<string, string> = {}
  for (const [attacker, client] of clients) {
    // What a session begins with is no boundary: whoever may speak to it can say otherwise.
    await client.query('set default_transaction_read_only = off')
    answers[attacker.name] = await client.query(statement).then(
      (result) => {
        expect(JSON.stringify(result)).not.toContain(canary)
        return 'done'
      },
      (error: { code?: string }) => String(error.code),
    )
    await client.query('rollback')
    await client.query('discard all')
  }
  return answers
}

const insufficientPrivilege = {
  nobody: '42501',
  reader: '42501',
  writer: '42501',
  creator: '42501',
}

test.each([
  // Rows 1 to 5: becoming somebody else
  'reset role; select name from other_points',
  'commit; set session authorization default; select name from other_points',
  "select set_config('role', 'none', true), query_to_xml('select name from other_points', true, false, '')",
  "select query_to_xml('select name from other_points', true, false, '')",
  'do $$ begin perform name from public.other_points; end $$',
  "create function public.f() returns int language sql as 'select 1'",
  "create function public.f() returns int language plpgsql as 'begin return 1; end'",
  'alter role current_user superuser',
  'alter role current_user createrole',
  'create role mine',
  'grant pg_read_all_data to current_user',
  // Rows 12 to 14: reading by other means
  'select name from other_points',
  'begin; set transaction read write; select name from other_points',
  'copy other_points to stdout',
  "copy public_points to '/tmp/stolen'",
  "copy public_points to program 'id'",
  "select pg_read_file('/etc/passwd')",
  "select lo_import('/etc/passwd')",
  'select rolpassword from pg_authid',
  "select st_findextent('other_points', 'the_geom')",
  "select st_estimatedextent('other_points', 'the_geom')",
  'create extension dblink',
  'create schema mine',
  // Rows 26 to 34: leaving something behind
  'create temporary table public_points (name text)',
  'create temporary view public_points as select 1',
  'select pg_advisory_lock(1)',
  "select pg_notify('postern', 'forged')",
  'select lo_create(0)',
  'select pg_sleep(0)',
  'select pg_terminate_backend(pid) from pg_stat_activity',
  // Rows 25 and 35 to 38: more than was granted
  'begin read write; delete from other_points',
  'with gone as (delete from other_points returning *) select * from gone',
  'explain analyze delete from other_points',
  'select * into public_points_2 from other_points',
  'truncate private_points',
  'grant select on other_points to public',
  'alter table private_points owner to current_user',
  'alter table other_points disable row level security',
  'drop table other_points',
  'begin; lock table other_points',
  'create trigger t before insert on private_points execute function suppress_redundant_updates_trigger()',
  'create table postgis.st_asmvt (n int)',
  'create table archive.mine (n int)',
])('PostgreSQL itself refuses: %s', async (statement) => {
  expect(await tryAll(statement)).toEqual(insufficientPrivilege)
})

test('rows 3 and 4: no role becomes the owner of this account or of another', async () => {
  for (const role of [accounts.ownerRole, accounts.neighbour.role]) {
    for (const statement of [`set role "${role}"`, `set session authorization "${role}"`]) {
      expect(await tryAll(statement)).toEqual(insufficientPrivilege)
    }
  }
})

test('row 15: a view that a creating key plants reads nothing that the key may not', async () => {
  const creator = clients.get(accounts.creator)
  await creator?.query('create view trap as select name from public.other_points')
  await expect(creator?.query('select * from trap')).rejects.toMatchObject({ code: '42501' })
  await creator?.query('drop view trap')
})

test('row 35: a key that may only read begins in READ ONLY transactions', async () => {
  const shown = async (attacker: Attacker) =>
    (await clients.get(attacker)?.query('show default_transaction_read_only'))?.rows
  expect(await shown(accounts.reader)).toEqual([{ default_transaction_read_only: 'on' }])
  expect(await shown(accounts.writer)).toEqual([{ default_transaction_read_only: 'off' }])
})

describe('a role of one account', () => {
  test('is not let in to the database of another, nor to those of the server', async () => {
    const { postern, neighbour } = accounts
    for (const role of [...roles.values(), accounts.ownerRole]) {
      for (const closed of [neighbour.database, 'postern_control', 'postern_template']) {
        await expect(logInAs(postern, role, closed)).rejects.toMatchObject({ code: '42501' })
      }
    }
  })

  test('is served again after somebody else has set its password', async () => {
    const { keys, master } = accounts
    for (const attacker of [...keys, master]) {
      const answers = Array.from({ length: 8 }, () =>
        expectRows(accounts, attacker, 'select 1 as one'),
      )
      expect(await Promise.all(answers)).toEqual(answers.map(() => [{ one: 1 }]))
    }
  })
})
