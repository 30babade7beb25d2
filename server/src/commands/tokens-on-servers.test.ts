import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestContext, createTestManager } from '../../test/command-context.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import { createTestServer, type TestServer } from '../../test/registered-server.ts'
import type { Manager } from '../credential/manager.ts'
import { loadStatementParser } from '../policy/statement-parser.ts'
import { checkConnections } from '../roles/check-connections.ts'
import { listRolesOn } from '../store/connections.ts'
import { listSourceGrants } from '../store/source-grants.ts'
import { findAccessTokenRole, listAccessTokenRoles } from '../store/token-roles.ts'
import { openTokenRolePassword } from './access-token-secrets.ts'
import { createAccessToken } from './create-access-token.ts'
import { createConnection } from './create-connection.ts'
import { createNamedSource } from './create-named-source.ts'
import { deleteAccessToken } from './delete-access-token.ts'
import { deleteAccount } from './delete-account.ts'
import { deleteConnection } from './delete-connection.ts'
import { deleteNamedSource } from './delete-named-source.ts'

let installation: TestInstallation
let context: Awaited<ReturnType<typeof createTestContext>>
let server: TestServer
let manager: Manager
let connectionId: string

beforeAll(async () => {
  await loadStatementParser()
  installation = await createInstallation()
  context = await createTestContext(installation)
  server = await createTestServer(installation.address)
  await server.superuser.query(
    `create table public.secrets (id integer);
     alter table public.secrets owner to "${server.config.user}";
     revoke usage on schema gis from public;
     grant usage on schema gis to "${server.config.user}" with grant option`,
  )
  manager = await createTestManager(installation)
  const body = { name: 'harbours', config: { ...server.config, password: server.password } }
  connectionId = (await createConnection(context, manager, body)).id
})

afterAll(async () => {
  await context.close()
  await server.close()
  await installation.close()
})

const grantsOf = (...sources: string[]) => ({
  allowed_apis: ['sql', 'maps'],
  grants: sources.map((source) => ({ connection_name: 'harbours', source })),
})

/** What each role of a token reads on the server, logged in as it. */
async function readAs(tokenId: string, text: string): Promise<unknown[]> {
  const admin = await context.servers.adminOf(connectionId)
  const answers: unknown[] = []
  for (const { role } of await listAccessTokenRoles(context.store, tokenId)) {
    const found = await findAccessTokenRole(context.store, role)
    if (found === undefined) throw new Error('The role has no password.')
    const password = openTokenRolePassword(context.keyRing(), found)
    const login = { database: server.config.database, role, password }
    const answer = await admin
      .logInAs(login, (client) => client.query(text))
      .then(
        ({ rows }) => rows,
        (error: unknown) => String(error),
      )
    answers.push(answer)
  }
  return answers
}

it('reads what it was granted there, PostGIS included, and nothing else', async () => {
  const { view } = await createAccessToken(
    context,
    manager,
    grantsOf('public.harbours', 'select name from harbours where id = $1'),
  )
  expect(await readAs(view.id, 'select count(*)::int as n from harbours')).toEqual([
    [{ n: 3 }],
    [{ n: 3 }],
  ])
  const away = 'select gis.st_astext(geom) as at from public.harbours where id = 1'
  expect(await readAs(view.id, away)).toEqual([[{ at: 'POINT(1 51)' }], [{ at: 'POINT(1 51)' }]])
  const refused = expect.stringContaining('permission denied')
  expect(await readAs(view.id, 'select * from public.secrets')).toEqual([refused, refused])
  expect(await readAs(view.id, 'begin read write; delete from public.harbours')).toEqual([
    refused,
    refused,
  ])
  await deleteAccessToken(context, manager, view.id)
})

it('can be granted all that begins with something', async () => {
  const { view } = await createAccessToken(context, manager, grantsOf('harbours.public.harb*'))
  expect(await readAs(view.id, 'select count(*)::int as n from harbours')).toEqual([[{ n: 3 }]])
  expect(await readAs(view.id, 'select * from public.secrets')).toEqual([
    expect.stringContaining('permission denied'),
  ])
  await deleteAccessToken(context, manager, view.id)
})

it('is no member of what grows for another token', async () => {
  const name = server.config.user
  await server.superuser.query(
    `create schema fresh; create table fresh.one (id integer);
     alter schema fresh owner to "${name}"; alter table fresh.one owner to "${name}"`,
  )
  // What begins so is nothing yet: it holds no more than the use of the schema.
  const { view: growing } = await createAccessToken(
    context,
    manager,
    grantsOf('harbours.fresh.two*', 'harbours.fresh.one*'),
  )
  const { view: fixed } = await createAccessToken(context, manager, grantsOf('fresh.one'))
  const [{ role } = { role: '' }] = await listAccessTokenRoles(context.store, fixed.id)
  const { rows } = await context.store.query<{ kind: string }>(
    `select g.kind from access_token_group_role m join group_role g on g.role = m.group_role
     where m.role = $1 order by g.kind`,
    [role],
  )
  expect(rows.map(({ kind }) => kind)).toEqual(['connect', 'schema_usage', 'table'])
  for (const { id } of [growing, fixed]) await deleteAccessToken(context, manager, id)
})

it('keeps its connection where it is, and leaves no role that can log in behind it', async () => {
  const { view } = await createAccessToken(context, manager, grantsOf('*'))
  await expect(deleteConnection(context, manager, 'harbours')).rejects.toMatchObject({
    code: 'connection_in_use',
    message: expect.stringContaining('1 access tokens'),
  })
  const roles = (await listAccessTokenRoles(context.store, view.id)).map(({ role }) => role)
  await deleteAccessToken(context, manager, view.id)
  const { rowCount } = await server.superuser.query(
    'select from pg_roles where rolname = any ($1)',
    [roles],
  )
  expect(rowCount).toBe(0)
})

it('is looked at by the doctor', async () => {
  const { view } = await createAccessToken(context, manager, grantsOf('public.harbours'))
  const examine = () => checkConnections(context.servers, context.admin, context.store, true)
  expect(await examine()).toEqual([])

  const [{ role } = { role: '' }] = await listAccessTokenRoles(context.store, view.id)
  await server.superuser.query(`alter role "${server.config.user}" nocreaterole`)
  expect(await examine()).toMatchObject([{ remedy: expect.stringContaining('createrole') }])
  await server.superuser.query(`alter role "${server.config.user}" createrole`)

  await server.superuser.query(`drop role "${role}"`)
  expect(await examine()).toMatchObject([
    { severity: 'problem', sentence: expect.stringContaining(role) },
  ])
  await deleteAccessToken(context, manager, view.id)

  await server.superuser.query(`alter role "${server.config.user}" nologin`)
  expect(await examine()).toMatchObject([{ severity: 'warning' }])
  await server.superuser.query(`alter role "${server.config.user}" login`)
})

it('moves to another connection with all that names the one that goes', async () => {
  const body = { name: 'leaving', config: { ...server.config, password: server.password } }
  await createConnection(context, manager, body)
  await createNamedSource(context, manager, {
    name: 'all-names',
    connection_name: 'leaving',
    source: 'select name from harbours',
  })
  const { view } = await createAccessToken(context, manager, {
    allowed_apis: ['sql'],
    grants: ['leaving.public.harbours', 'leaving.public.harb*', 'all-names'].map((source) => ({
      connection_name: 'leaving',
      source,
    })),
  })
  const nowhere = deleteConnection(context, manager, 'leaving', 'default')
  await expect(nowhere).rejects.toMatchObject({
    code: 'invalid_connection',
    message: expect.stringContaining('cannot be moved to default'),
  })
  await deleteConnection(context, manager, 'leaving', 'harbours')
  const grants = (await listSourceGrants(context.store, [view.id])).get(view.id)
  expect(grants?.map(({ connectionName, source }) => [connectionName, source])).toEqual([
    ['harbours', 'public.harbours'],
    ['harbours', 'harbours.public.harb*'],
    ['harbours', 'all-names'],
  ])
  const counted = [{ n: 3 }]
  const read = await readAs(view.id, 'select count(*)::int as n from harbours')
  expect(read).toEqual([counted, counted])
  await deleteAccessToken(context, manager, view.id)
  await deleteNamedSource(context, manager, 'all-names')
})

it('takes its group roles along when it is forgotten', async () => {
  const { rows } = await context.store.query<{ role: string }>(
    'select role from group_role where connection_id = $1',
    [connectionId],
  )
  expect(rows.length).toBeGreaterThan(0)
  await deleteConnection(context, manager, 'harbours')
  const { rowCount } = await server.superuser.query(
    'select from pg_roles where rolname = any ($1)',
    [rows.map(({ role }) => role)],
  )
  expect(rowCount).toBe(0)
})

it('goes with its account, and so do its roles', async () => {
  const doomed = await createTestManager(installation)
  const body = { name: 'harbours', config: { ...server.config, password: server.password } }
  const { id } = await createConnection(context, doomed, body)
  await createAccessToken(context, doomed, grantsOf('*'))
  const roles = await listRolesOn(context.store, id)
  expect(roles.length).toBeGreaterThan(2)
  await deleteAccount(context, doomed.accountName)
  const { rowCount } = await server.superuser.query(
    'select from pg_roles where rolname = any ($1)',
    [roles],
  )
  expect(rowCount).toBe(0)
})
