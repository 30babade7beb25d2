import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccount, runAs } from '../../test/account.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import { AccessError } from '../errors.ts'
import { createRevoker } from '../revocation/revoke.ts'
import { listRoles } from '../roles/catalogue.ts'
import { reconcile } from '../roles/reconcile.ts'
import { createRegisteredServers } from '../roles/registered-servers.ts'
import { insertAccountUser } from '../store/account-users.ts'
import type { Account } from '../store/accounts.ts'
import { insertSecretKeys } from '../store/secret-keys.ts'
import { listAccessTokenRoles } from '../store/token-roles.ts'
import { type KeyRing, newRingKey } from '../token/key-ring.ts'
import { openTokenRolePassword } from './access-token-secrets.ts'
import { checkTokenSource } from './check-token-source.ts'
import type { CommandContext } from './context.ts'
import { createAccessToken } from './create-access-token.ts'
import { deleteAccessToken } from './delete-access-token.ts'
import { deleteAccount } from './delete-account.ts'
import { getAccessToken } from './list-access-tokens.ts'
import { type ActingManager, getOperator } from './operator.ts'
import { rotateSecrets } from './rotate-secrets.ts'
import { updateAccessToken } from './update-access-token.ts'

let installation: TestInstallation
let account: Account
let manager: ActingManager
let context: CommandContext
let ring: KeyRing

beforeAll(async () => {
  installation = await createInstallation()
  const { admin, store } = installation
  const current = newRingKey(randomBytes)
  ring = { current, keys: [current] }
  await insertSecretKeys(store, [current.id])
  context = {
    store,
    admin,
    servers: createRegisteredServers({
      admin,
      store,
      keyRing: () => ring,
      onIdleError: () => {},
    } as unknown as Parameters<typeof createRegisteredServers>[0]),
    keyRing: () => ring,
    revoker: createRevoker({ store }),
    now: () => new Date(),
    randomBytes,
    observe: () => {},
    limits: { connectionsPerRole: 5 },
  } as unknown as CommandContext
  account = await createAccount(installation)
  await insertOwner(account)
  manager = await getOperator(context, account)
  await asOwner(
    'create table open_cities (name text)',
    'create table closed_cities (name text)',
    'create table public_cities (name text)',
    `insert into closed_cities values ('one')`,
    `grant select on public_cities to "${account.publicRole}"`,
  )
})
afterAll(async () => {
  await context.servers.close()
  await installation.close()
})

describe('the roles of a token', () => {
  it('read what their grant says, and not even what is public', async () => {
    const { tables, query } = await makeToken('open_cities', 'select name from closed_cities')
    await expect(as(tables, 'select * from open_cities')).resolves.toEqual([])
    await expect(as(query, 'select * from closed_cities')).resolves.toHaveLength(1)
    for (const [role, table] of [
      [tables, 'closed_cities'],
      [tables, 'public_cities'],
      [query, 'open_cities'],
      [query, 'public_cities'],
    ] as const) {
      await expect(as(role, `select * from ${table}`)).rejects.toThrow(/permission denied/)
    }
  })

  it.each([
    ['write', `set transaction read write; insert into open_cities values ('x')`],
    ['make tables', 'set transaction read write; create table mine (n int)'],
    ['make temporary tables', 'set transaction read write; create temporary table mine (n int)'],
    ['make schemas', 'set transaction read write; create schema mine'],
    ['become another role', 'set role postgres'],
    ['take a lock that outlives a statement', 'select pg_advisory_lock(1)'],
    ['run SQL that is in a text', `select query_to_xml('select 1', true, false, '')`],
  ])('cannot %s, past the gateway either', async (_what, statement) => {
    const { tables } = await makeToken('open_cities')
    await expect(as(tables, 'begin', statement)).rejects.toThrow()
  })

  it('cannot log in to the database of another account', async () => {
    const { tables } = await makeToken('*')
    const other = await createAccount(installation)
    await expect(as({ ...tables, database: other.database }, 'select 1')).rejects.toThrow(
      /permission denied for database/,
    )
  })

  it('keep a table that is renamed, and do not get one that comes in its place', async () => {
    await asOwner('create table renamed (n int)')
    const { tables } = await makeToken('renamed')
    await asOwner('alter table renamed rename to moved', 'create table renamed (secret int)')
    await expect(as(tables, 'select * from moved')).resolves.toEqual([])
    await expect(as(tables, 'select * from renamed')).rejects.toThrow(/permission denied/)
  })
})

describe('what a crash leaves behind', () => {
  it.each(['pending', 'deleting'] as const)(
    'of a token that was %s is cleared away',
    async (state) => {
      const { view, roles } = await makeToken('open_cities', 'select name from closed_cities')
      await installation.store.query('update access_token set state = $2 where id = $1', [
        view.id,
        state,
      ])
      expect((await mend()).join()).toContain(`access token ${view.id}`)
      expect(await rolesLeft(roles)).toEqual([])
      await expect(getAccessToken(context, manager, view.id)).rejects.toThrow('Token not found')
      expect(await mend()).toEqual([])
    },
  )

  it('of an edit is cleared away, and the token works on', async () => {
    const { view, tables } = await makeToken('open_cities')
    const left = await makeToken('closed_cities')
    // As after an edit that has put new roles in the place of the old ones and not dropped these.
    await installation.store.query('update access_token_role set token_id = $1 where role = $2', [
      view.id,
      left.tables.role,
    ])
    await installation.store.query('delete from access_token_grant where token_id = $1', [
      left.view.id,
    ])
    expect((await mend()).join()).toContain(left.tables.role)
    expect(await rolesLeft([left.tables.role])).toEqual([])
    await expect(as(tables, 'select * from open_cities')).resolves.toEqual([])
    await deleteAccessToken(context, manager, left.view.id)
  })

  it('is not made up for: what a role lacks is reported, and what it was never given is taken', async () => {
    const { tables } = await makeToken('open_cities')
    const { rows } = await installation.admin.cluster.query<{ role: string }>(
      `select r.rolname as role from pg_auth_members m join pg_roles r on r.oid = m.roleid
       join pg_roles u on u.oid = m.member where u.rolname = $1`,
      [tables.role],
    )
    expect(rows.length).toBeGreaterThan(1)
    await installation.admin.cluster.query(`grant "${account.publicRole}" to "${tables.role}"`)
    expect((await mend()).join()).toContain(`member of ${account.publicRole}`)
    await expect(as(tables, 'select * from public_cities')).rejects.toThrow(/permission denied/)
    await expect(as(tables, 'select * from open_cities')).resolves.toEqual([])
  })
})

it('an edit makes the roles anew, and drops those of before', async () => {
  const { view, tables } = await makeToken('open_cities')
  await updateAccessToken(context, manager, view.id, { grants: on('closed_cities') })
  expect(await rolesLeft([tables.role])).toEqual([])
  const [role] = await rolesOf(view.id)
  if (role === undefined) throw new Error('The token has no role.')
  await expect(as(role, 'select * from closed_cities')).resolves.toHaveLength(1)
  await expect(as(role, 'select * from open_cities')).rejects.toThrow(/permission denied/)
})

it('an edit that cannot be leaves the token and its roles as they were', async () => {
  const { view, tables } = await makeToken('open_cities')
  await expect(
    updateAccessToken(context, manager, view.id, {
      grants: on('closed_cities', 'select nothing_like_it from open_cities'),
    }),
  ).rejects.toThrow(/grants\[1\]/)
  await expect(as(tables, 'select * from open_cities')).resolves.toEqual([])
  expect(await rolesOf(view.id)).toHaveLength(1)
  expect(await mend()).toEqual([])
})

it('tokens of another user are not there', async () => {
  const { view } = await makeToken('open_cities')
  const other = { ...manager, userId: await insertUser(account, 'editor') }
  for (const name of [view.id, view.token]) {
    await expect(getAccessToken(context, other, name)).rejects.toThrow('Token not found')
    await expect(updateAccessToken(context, other, name, {})).rejects.toThrow('Token not found')
    await expect(deleteAccessToken(context, other, name)).rejects.toThrow('Token not found')
  }
})

describe('a check of a source', () => {
  const check = (source: string, connectionName = 'default') =>
    checkTokenSource(context, manager, { connectionName, source })
  const placeOf = (source: string, word: string) =>
    [...source.slice(0, source.indexOf(word))].length + 1

  it('tells the columns of a query and its parameters, and runs and plans nothing', async () => {
    expect(
      await check('select name, 1 / 0 as n from closed_cities where name = @city and 2 > @n'),
    ).toMatchObject({
      ok: true,
      kind: 'query',
      isNamedSource: false,
      columns: [
        { name: 'name', type: 'text' },
        { name: 'n', type: 'integer' },
      ],
      parameters: [
        { name: '@city', type: 'text' },
        { name: '@n', type: 'integer' },
      ],
    })
    expect(await check('select $1::date')).toMatchObject({
      parameters: [{ name: '$1', type: 'date' }],
    })
    expect(await check('select')).toMatchObject({ columns: [], parameters: [] })
  })

  it.each([
    ['default.public.*', 'wildcard'],
    ['open_cities', 'table'],
    ['*', 'all'],
  ])('tells that %s is %s', async (source, kind) => {
    expect(await check(source)).toEqual({ ok: true, kind })
  })

  it.each([
    [
      ' /* select nmae */ select @a::text, nmae from open_cities',
      'nmae from',
      /"nmae" does not exist/,
    ],
    [
      '\n select name frm open_cities where name = @a',
      'open_cities',
      /^It is not a valid query: syntax error/,
    ],
    ['drop table open_cities', undefined, /^It must be exactly one SELECT/],
    ['select * from no_such_cities', undefined, /^There is no table public.no_such_cities/],
    ['no_such_cities', undefined, /^There is no table/],
    ['default.nowhere.*', undefined, /^There is no schema nowhere/],
    ['select * from pg_authid', undefined, /^It reads a table of the system/],
  ])('says what is wrong with %s, and where', async (source, word, message) => {
    expect(await check(source)).toEqual({
      ok: false,
      message: expect.stringMatching(message),
      position: word === undefined ? undefined : placeOf(source, word),
    })
  })

  it('knows no connection of another name', async () => {
    expect(await check('*', 'elsewhere')).toMatchObject({
      ok: false,
      message: 'There is no connection called elsewhere.',
    })
  })

  it('leaves neither a token nor a role behind', async () => {
    const before = (await listRoles(installation.admin)).map(({ role }) => role)
    await check('select name from open_cities')
    await check('select nmae from open_cities')
    const { rows } = await installation.store.query(
      `select from access_token where state <> 'active'`,
    )
    expect(rows).toEqual([])
    const after = (await listRoles(installation.admin)).map(({ role }) => role)
    // A group role of the table may be new: it is the table's, and holds what grants of it hold.
    expect(after.length - before.length).toBeLessThanOrEqual(1)
    expect(await mend()).toEqual([])
  })

  it('is for whoever still is who they were when they asked', async () => {
    const ended = {
      ...manager,
      mustStillHold: async () => {
        throw new AccessError('credential_revoked')
      },
    }
    await expect(
      checkTokenSource(context, ended, { connectionName: 'default', source: 'select 1' }),
    ).rejects.toThrow('Unauthorized')
  })
})

it('an account takes its tokens and all of their roles with it', async () => {
  const doomed = await createAccount(installation)
  await insertOwner(doomed)
  const acting = await getOperator(context, doomed)
  await createAccessToken(context, acting, { grants: on('*', 'select 1 as n') })
  await deleteAccount(context, doomed.name)
  const { rows } = await installation.store.query(
    'select from access_token where account_id = $1',
    [doomed.id],
  )
  expect(rows).toEqual([])
  expect(await mend()).toEqual([])
})

it('a rotation of the secrets changes neither the token nor how it logs in', async () => {
  const { view } = await makeToken('open_cities')
  const before = ring.current.id
  // The keys of test accounts have no secrets.
  await installation.store.query('delete from api_key')
  await rotateSecrets(context, {
    read: async () => ring,
    replace: async (next) => {
      ring = next
    },
  })
  expect(ring.current.id).not.toBe(before)
  expect(ring.keys).toHaveLength(1)
  expect((await getAccessToken(context, manager, view.token)).token).toBe(view.token)
  const [role] = await rolesOf(view.id)
  if (role === undefined) throw new Error('The token has no role.')
  await expect(as(role, 'select * from open_cities')).resolves.toEqual([])
})

type Login = { readonly role: string; readonly password: string; readonly database: string }

const on = (...sources: string[]) =>
  sources.map((source) => ({ connection_name: 'default', source }))

/** A token, the role of its tables, and the role of its query. */
async function makeToken(...sources: string[]) {
  const { view } = await createAccessToken(context, manager, { grants: on(...sources) })
  const { rows } = await installation.store.query<{ role: string; kind: string }>(
    'select role, kind from access_token_grant where token_id = $1',
    [view.id],
  )
  const logins = await rolesOf(view.id)
  const find = (isQuery: boolean) => {
    const name = rows.find(({ kind }) => (kind === 'query') === isQuery)?.role
    return logins.find(({ role }) => role === name) ?? { role: '', password: '', database: '' }
  }
  return { view, tables: find(false), query: find(true), roles: logins.map(({ role }) => role) }
}

async function rolesOf(tokenId: string): Promise<Login[]> {
  return (await listAccessTokenRoles(installation.store, tokenId)).map((row) => ({
    role: row.role,
    password: openTokenRolePassword(ring, row),
    database: account.database,
  }))
}

function as(login: Login, ...statements: string[]): Promise<Record<string, unknown>[]> {
  return installation.admin.logInAs(login, async (client) => {
    let rows: Record<string, unknown>[] = []
    for (const statement of statements) rows = (await client.query(statement)).rows
    return rows
  })
}

function asOwner(...statements: string[]) {
  return runAs(installation, { ...account, role: account.ownerRole }, ...statements)
}

async function rolesLeft(roles: readonly string[]): Promise<string[]> {
  const all = (await listRoles(installation.admin)).map(({ role }) => role)
  return all.filter((role) => roles.includes(role))
}

/** What the reconciler has mended, as text. */
async function mend(): Promise<string[]> {
  const findings = await reconcile(installation.admin, installation.store, () => {})
  return findings.map(({ subject, sentence }) => `${subject}: ${sentence}`)
}

function insertOwner(of: Account): Promise<string> {
  return insertUser(of, 'owner')
}

async function insertUser(of: Account, level: 'owner' | 'editor'): Promise<string> {
  const id = randomUUID()
  await insertAccountUser(installation.store, {
    id,
    accountId: of.id,
    name: `${level} ${id}`,
    email: null,
    level,
    passwordHash: 'none',
    createdAt: new Date(),
    updatedAt: new Date(),
  })
  return id
}
