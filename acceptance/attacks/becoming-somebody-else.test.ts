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
import { sql } from '../support/requests.ts'

// Becoming somebody else by SQL.

let accounts: AttackedAccounts

beforeAll(async () => {
  accounts = await openAttackedAccounts()
})
afterAll(() => accounts.postern.stop())

const oneStatement = '403 Without a key of its own, a request may hold only one statement.'
const ownRole =
  '403 A request runs as the role of its key: SET ROLE and SET SESSION AUTHORIZATION are not available.'
const noTransactions =
  '403 A transaction does not last from one request to the next: BEGIN, COMMIT, ROLLBACK and SAVEPOINT have to stand in one text with other statements.'
const noRoles = '403 Roles are managed through the API keys: role commands are not available.'
const noSetConfig = '403 permission denied for function set_config'
const noDo = '403 Only the master key may use DO.'

/** A SELECT that also passes for the source of a GeoJSON document. */
const asFeature = (expression: string) => `select ${expression}, null::geometry as the_geom`

test('everybody logs in as a role of their own, and is a member of nobody who may more', async () => {
  const { ownerRole, neighbour, everybody, nobody, master } = accounts
  const roles = new Map<Attacker, unknown>()
  for (const attacker of everybody) {
    const [row] = await expectRows(accounts, attacker, 'select session_user, current_user')
    expect(row?.session_user).toBe(row?.current_user)
    roles.set(attacker, row?.current_user)
  }
  expect(new Set(roles.values()).size).toBe(everybody.length)
  for (const attacker of everybody) {
    const others = [...roles].filter(
      // Every key may do what the public may; the master manages what a creating key has made.
      ([other]) =>
        other !== attacker &&
        other !== nobody &&
        !(attacker === master && other.name === 'creator'),
    )
    const foreign = [ownerRole, neighbour.role].filter((role) => role !== roles.get(attacker))
    for (const role of [...foreign, ...others.map(([, name]) => name)]) {
      const [row] = await expectRows(
        accounts,
        attacker,
        `select pg_has_role('${role}', 'member') as is_member`,
      )
      expect({ attacker: attacker.name, role, ...row }).toMatchObject({ is_member: false })
    }
  }
})

describe('row 1: a stacked RESET ROLE', () => {
  test.each([
    'reset role; select name from private_points',
    'reset role;select name from private_points;',
    ';;reset role;;',
    'select 1;/**/reset role',
    'select 1 as the_geom;\nreset role -- ',
    '/* ; */ select 1; reset role',
    "select ';'; reset role",
    'select $$;$$; reset role',
  ])('%s', async (q) => {
    const isAlone = q.startsWith(';;')
    const sentence = ({ name }: Attacker) =>
      name === 'nobody' && !isAlone ? oneStatement : ownRole
    await expectRefused(accounts, q, sentence, { by: accounts.everybody })
  })

  test('and by itself', async () => {
    await expectRefused(accounts, 'reset role', ownRole, { by: accounts.everybody })
  })
})

describe('row 2: COMMIT, then another role', () => {
  test('in one text', async () => {
    for (const role of [accounts.ownerRole, accounts.neighbour.role, 'none']) {
      const q = `commit; set role "${role}"; select name from private_points`
      const sentence = ({ name }: Attacker) => (name === 'nobody' ? oneStatement : ownRole)
      await expectRefused(accounts, q, sentence, { by: accounts.everybody })
    }
  })

  test('in one request after another', async () => {
    const { everybody } = accounts
    await expectRefused(accounts, 'commit', noTransactions, { by: everybody })
    for (const role of [accounts.ownerRole, accounts.neighbour.role]) {
      await expectRefused(accounts, `set role "${role}"`, ownRole, { by: everybody })
      await expectRefused(accounts, `set local role "${role}"`, ownRole, { by: everybody })
      await expectRefused(accounts, `set session authorization "${role}"`, ownRole, {
        by: everybody,
      })
    }
  })
})

describe('a SELECT that changes its role half-way', () => {
  const steal = (role: string) =>
    asFeature(
      `set_config('role', '${role}', true),
       query_to_xml('select name from private_points', true, false, '')`,
    )

  test('row 3: to the owner', async () => {
    await expectRefused(accounts, steal(accounts.ownerRole), noSetConfig, {
      by: accounts.everybody,
    })
  })

  test('row 4: to the owner of another account', async () => {
    await expectRefused(accounts, steal(accounts.neighbour.role), noSetConfig, {
      by: accounts.everybody,
    })
  })

  test.each([
    "pg_catalog.set_config('role', 'none', false)",
    "set_config('session_authorization', 'postern_admin', false)",
    "set_config('is_superuser', 'on', false)",
    "(select set_config('role', 'none', true))",
    "case when true then set_config('role', 'none', true) end",
    "coalesce(null, set_config('role', 'none', true))",
    "pg_catalog.\"set_config\"('role', 'none', true)",
  ])('row 3: %s', async (expression) => {
    await expectRefused(accounts, asFeature(expression), noSetConfig, { by: accounts.everybody })
  })

  test('row 3: by writing to the view of the settings', async () => {
    const q = "update pg_settings set setting = 'none' where name = 'role'"
    await expectRefused(accounts, q, '403 system tables are forbidden', { by: accounts.keys })
    await expectRefused(accounts, q, noSetConfig, {
      by: [accounts.master],
      through: plainEntrances,
    })
  })

  test('row 4: no role of one account may log in to the database of another', async () => {
    const { database } = accounts.neighbour
    for (const attacker of accounts.everybody) {
      const q = `select has_database_privilege('${database}', 'connect') as may_connect`
      expect(await expectRows(accounts, attacker, q)).toEqual([{ may_connect: false }])
    }
  })
})

describe('row 5: a block of code', () => {
  test('is for the master key alone', async () => {
    const q = `do $$ begin set local role "${accounts.ownerRole}"; raise notice 'x'; end $$`
    await expectRefused(accounts, q, noDo, { by: accounts.keys })
  })

  test('does not let the master key out of its account', async () => {
    const { role } = accounts.neighbour
    for (const statement of [`set local role "${role}"`, `set role "${role}"`]) {
      await expectRefused(
        accounts,
        `do $$ begin ${statement}; end $$`,
        `403 permission denied to set role "${role}"`,
        { by: [accounts.master], through: plainEntrances },
      )
    }
    await expectRefused(
      accounts,
      `do $$ begin set session authorization "${role}"; end $$`,
      /: 403 permission denied to set session authorization/,
      { by: [accounts.master], through: plainEntrances },
    )
  })

  test('does not outlive the request when it changes settings', async () => {
    const before = await describeSessions(accounts, accounts.master)
    await expectRows(
      accounts,
      accounts.master,
      "do $$ begin set statement_timeout = 0; set search_path = archive; set work_mem = '1GB'; end $$",
    )
    expect(await describeSessions(accounts, accounts.master)).toEqual(before)
    expect(before).toHaveLength(1)
  })
})

describe('row 6: ending the transaction that the server has begun', () => {
  test.each([
    'rollback and chain',
    'commit and chain',
    'rollback',
    'end',
    'abort',
    'begin read write',
    'start transaction isolation level serializable read write',
    'savepoint a',
    'rollback to a',
    'release a',
  ])('%s', async (q) => {
    await expectRefused(accounts, q, noTransactions, { by: accounts.everybody })
    // What comes next still runs as it should.
    const q2 = "select current_setting('transaction_read_only') as read_only"
    expect(await expectRows(accounts, accounts.reader, q2)).toEqual([{ read_only: 'on' }])
  })
})

test('row 7: RESET SESSION AUTHORIZATION leads to nobody', async () => {
  const { everybody, master, ownerRole } = accounts
  for (const q of [
    'reset session authorization',
    'set session authorization default',
    'set local session authorization default',
  ]) {
    await expectRefused(accounts, q, ownRole, { by: everybody })
  }
  const block = 'do $$ begin reset session authorization; reset role; end $$'
  await expectRefused(accounts, block, noDo, { by: accounts.keys })
  await expectRows(accounts, master, block)
  expect(await expectRows(accounts, master, 'select session_user')).toEqual([
    { session_user: ownerRole },
  ])
})

describe('row 8: changing the password that the server logs in with', () => {
  test.each([
    "alter role current_user password 'known'",
    "alter user current_user with encrypted password 'known'",
    "alter role session_user valid until '2000-01-01'",
    'alter role current_user nologin',
    'alter role current_user superuser',
    'alter role current_user connection limit 0',
    "create role mine login password 'known' in role current_user",
    'drop role current_user',
  ])('%s', async (q) => {
    await expectRefused(accounts, q, noRoles, { by: accounts.everybody })
  })

  test('by name', async () => {
    const role = `alter role "${accounts.ownerRole}"`
    for (const q of [`${role} password 'known'`, `${role} rename to mine`]) {
      await expectRefused(accounts, q, noRoles, { by: accounts.everybody })
    }
  })

  test('does not lock the master key out, for the server mends what a block of code has done', async () => {
    const { postern, alice, master } = accounts
    await expectRows(
      accounts,
      master,
      "do $$ begin alter role current_user password 'known'; end $$",
    )
    // More at once than there are sessions, so that some have to log in anew.
    const answers = await Promise.all(
      Array.from({ length: 8 }, () =>
        sql(postern, 'alice', 'select pg_sleep(0.2)', alice.master_key),
      ),
    )
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200))
  })
})

describe('row 9: settings that every new session of the role begins with', () => {
  test.each([
    'alter role current_user set statement_timeout = 0',
    'alter role current_user in database postgres set statement_timeout = 0',
    'alter role all set statement_timeout = 0',
    'alter role current_user reset all',
  ])('%s', async (q) => {
    await expectRefused(accounts, q, noRoles, { by: accounts.everybody })
  })

  test('are not what a session of the server begins with', async () => {
    const { master } = accounts
    const names = ['statement_timeout', 'search_path', 'lock_timeout', 'timezone']
    const columns = names.map((name) => `current_setting('${name}') as ${name}`).join(', ')
    const before = await expectRows(accounts, master, `select ${columns}`)
    await expectRows(
      accounts,
      master,
      `do $$ begin
         alter role current_user set statement_timeout = 0;
         alter role current_user set lock_timeout = 0;
         alter role current_user set search_path = archive;
         alter role current_user set timezone = 'Asia/Tokyo';
         alter role current_user set default_transaction_read_only = on;
       end $$`,
    )
    const after = await Promise.all(
      Array.from({ length: 8 }, () =>
        expectRows(accounts, master, `select ${columns} from pg_sleep(0.2)`),
      ),
    )
    expect(after).toEqual(after.map(() => before))
    await expectRows(accounts, master, 'do $$ begin alter role current_user reset all; end $$')
  })
})

test('none of the refused statements changes anything', async () => {
  const { keys, ownerRole } = accounts
  await expectUnchanged(accounts, async () => {
    for (const { token } of keys) {
      for (const q of [
        `reset role; delete from private_points`,
        `set role "${ownerRole}"; drop table private_points`,
        `do $$ begin delete from private_points; end $$`,
        `alter role current_user password 'x'`,
        `commit; grant select on private_points to public`,
      ]) {
        expect((await sql(accounts.postern, 'alice', q, token)).status).toBe(403)
      }
    }
  })
})
