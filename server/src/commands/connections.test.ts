import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createTestContext, createTestManager } from '../../test/command-context.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import { createTestServer, type TestServer } from '../../test/registered-server.ts'
import type { Manager } from '../credential/manager.ts'
import { browseConnection } from './browse-connection.ts'
import { createConnection } from './create-connection.ts'
import { deleteConnection } from './delete-connection.ts'
import { getConnection } from './get-connection.ts'
import { listConnections } from './list-connections.ts'
import { testConnection } from './test-connection.ts'
import { updateConnection } from './update-connection.ts'

let installation: TestInstallation
let context: Awaited<ReturnType<typeof createTestContext>>
let server: TestServer
let manager: Manager

beforeAll(async () => {
  installation = await createInstallation()
  context = await createTestContext(installation)
  server = await createTestServer(installation.address)
  manager = await createTestManager(installation)
})

afterAll(async () => {
  await context.close()
  await installation.close()
  await server.close()
})

const bodyOf = (name: string, changes: Record<string, unknown> = {}) => ({
  name,
  config: { ...server.config, password: server.password, ...changes },
})

const code = (expected: string) => expect.objectContaining({ code: expected })

describe('a registered server', () => {
  it('is shown without its password, by name and by id, to its own account alone', async () => {
    const made = await createConnection(context, manager, bodyOf('harbours'))
    expect(made).toMatchObject({
      name: 'harbours',
      provider_id: 'postgres',
      config: server.config,
      user_id: manager.userId,
      account_id: manager.accountId,
      is_default: false,
    })
    expect(JSON.stringify(made)).not.toContain(server.password)
    expect(await getConnection(context, manager, made.id)).toEqual(made)
    expect(await getConnection(context, manager, 'harbours')).toEqual(made)
    const names = (await listConnections(context, manager)).map(({ name }) => name)
    expect(names).toEqual(['default', 'harbours'])

    const stranger = await createTestManager(installation)
    for (const asked of ['harbours', made.id]) {
      const refused = expect(getConnection(context, stranger, asked))
      await refused.rejects.toEqual(code('connection_not_found'))
    }
  })

  it('keeps its password sealed', async () => {
    await createConnection(context, manager, bodyOf('sealed'))
    const { rows } = await context.store.query<{ row: string; envelope: Buffer }>(
      `select row_to_json(connection)::text as row, password_envelope as envelope
       from connection where name = 'sealed'`,
    )
    expect(rows).toHaveLength(1)
    for (const { row, envelope } of rows) {
      expect(row).not.toContain(server.password)
      expect(envelope.includes(server.password)).toBe(false)
    }
  })

  it.each([
    ['a wrong password', { password: 'wrong' }, 'server_refused'],
    ['an unknown database', { database: 'nowhere' }, 'server_refused'],
    ['a port where nobody listens', { port: 1 }, 'server_unreachable'],
    ['TLS that the server does not speak', { tls: 'require' }, 'server_unreachable'],
    ['an address that may not be asked', { host: '127.0.0.2' }, 'server_unreachable'],
    ['no host', { host: undefined }, 'invalid_connection'],
    ['a strange port', { port: 70_000 }, 'invalid_connection'],
    ['a member that nobody knows', { sslmode: 'disable' }, 'invalid_connection'],
    ['no certificate where one should be', { ca: 'trust me' }, 'invalid_connection'],
  ])('is not registered with %s, and no error tells of what was sent', async (_, changes, as) => {
    const refusal = await createConnection(context, manager, bodyOf('never', changes)).catch(
      (error: unknown) => error,
    )
    expect(refusal).toEqual(code(as))
    expect(String(refusal)).not.toContain(server.password)
    await expect(getConnection(context, manager, 'never')).rejects.toEqual(
      code('connection_not_found'),
    )
  })

  it.each(['default', 'a/b', '', '.', 'x'.repeat(64), randomUUID()])(
    'is not called %j',
    async (name) => {
      const refused = expect(createConnection(context, manager, bodyOf(name)))
      await refused.rejects.toEqual(code('invalid_connection'))
    },
  )

  it('is never one of our own databases, whatever its address is called', async () => {
    const { user } = server.config
    await server.superuser.query(
      `grant connect on database "${installation.storeAddress.database}" to "${user}"`,
    )
    for (const host of ['127.0.0.1', 'somewhere.example']) {
      const own = bodyOf('own', { host, database: installation.storeAddress.database })
      await expect(createConnection(context, manager, own)).rejects.toMatchObject({
        code: 'invalid_connection',
        message: expect.stringContaining('its own'),
      })
    }
  })

  it('says what is missing before it is registered, and registers nothing', async () => {
    await server.superuser.query(`alter role "${server.config.user}" nocreaterole`)
    const tested = await testConnection(context, bodyOf('tested'))
    expect(tested).toMatchObject({ ready: false })
    expect(tested.checks[0]?.remedy).toBe(`alter role "${server.config.user}" createrole`)
    await expect(createConnection(context, manager, bodyOf('tested'))).rejects.toMatchObject({
      code: 'server_not_ready',
      message: expect.stringContaining('createrole'),
    })
    await server.superuser.query(`alter role "${server.config.user}" createrole`)
    expect(await testConnection(context, bodyOf('tested'))).toMatchObject({ ready: true })
  })
})

describe('changing a connection', () => {
  it('renames it, and keeps the password where nothing else is said', async () => {
    const made = await createConnection(context, manager, bodyOf('before'))
    const changed = await updateConnection(context, manager, 'before', { name: 'after' })
    expect(changed).toMatchObject({ id: made.id, name: 'after', config: made.config })
    const { total } = await browse('after', '')
    expect(total).toBe(1)
  })

  it('wants the password again where it would be shown to somebody else', async () => {
    for (const config of [{ host: 'localhost' }, { port: 1 }, { tls: 'require' }]) {
      await expect(updateConnection(context, manager, 'after', { config })).rejects.toMatchObject({
        code: 'invalid_connection',
        message: expect.stringContaining('password'),
      })
    }
  })

  it('takes a new password, and refuses a wrong one', async () => {
    const wrong = updateConnection(context, manager, 'after', { config: { password: 'wrong' } })
    await expect(wrong).rejects.toEqual(code('server_refused'))
    await server.superuser.query(`alter role "${server.config.user}" password 'another-one'`)
    await updateConnection(context, manager, 'after', { config: { password: 'another-one' } })
    expect((await browse('after', '')).total).toBe(1)
    await server.superuser.query(`alter role "${server.config.user}" password '${server.password}'`)
    await updateConnection(context, manager, 'after', { config: { password: server.password } })
  })

  it('does not write over what somebody else has changed meanwhile', async () => {
    const once = { ...manager }
    // Between the moment that the connection was read and the one in which it is written.
    once.mustStillHold = async () => {
      await updateConnection(context, manager, 'after', { name: 'theirs' })
    }
    const late = updateConnection(context, once, 'after', { name: 'ours' })
    await expect(late).rejects.toEqual(code('connection_in_use'))
    expect(await getConnection(context, manager, 'theirs')).toMatchObject({ name: 'theirs' })
    await updateConnection(context, manager, 'theirs', { name: 'after' })
  })

  it("leaves the account's own database alone", async () => {
    const renamed = updateConnection(context, manager, 'default', { name: 'mine' })
    await expect(renamed).rejects.toEqual(code('invalid_connection'))
    await expect(deleteConnection(context, manager, 'default')).rejects.toEqual(
      code('invalid_connection'),
    )
  })
})

describe('deleting a connection', () => {
  it('forgets it', async () => {
    await createConnection(context, manager, bodyOf('short-lived'))
    await deleteConnection(context, manager, 'short-lived')
    await expect(deleteConnection(context, manager, 'short-lived')).rejects.toEqual(
      code('connection_not_found'),
    )
  })

  it('is refused while something names it', async () => {
    const { id } = await createConnection(context, manager, bodyOf('named'))
    await context.store.query(
      `insert into named_source (id, account_id, connection_id, name, statement, fingerprint,
         created_at, updated_at)
       values (gen_random_uuid(), $1, $2, 'a_source', 'select 1', '', now(), now())`,
      [manager.accountId, id],
    )
    await expect(deleteConnection(context, manager, 'named')).rejects.toMatchObject({
      code: 'connection_in_use',
      message: expect.stringContaining('1 named sources'),
    })
    await context.store.query('delete from named_source')
    await deleteConnection(context, manager, id)
  })
})

async function browse(connection: string, path: string, page = { limit: 100, offset: 0 }) {
  const resource = await browseConnection(context, manager, connection, { path, page })
  if (resource.kind !== 'container') throw new Error('It is no container.')
  return resource
}

describe('what is on a connection', () => {
  it('is listed from schemas to columns', async () => {
    expect((await browse('harbours', '')).children).toEqual([
      { id: 'public', name: 'public', type: 'schema' },
    ])
    await server.superuser.query('create view public.names as select name from harbours')
    await server.superuser.query(`alter view public.names owner to "${server.config.user}"`)
    const children = [
      { id: 'public.harbours', name: 'harbours', type: 'table' },
      { id: 'public.names', name: 'names', type: 'view' },
    ]
    expect(await browse('harbours', 'public')).toMatchObject({ children, total: 2 })
    const second = await browse('harbours', 'public', { limit: 1, offset: 1 })
    expect(second).toMatchObject({ children: [children[1]], total: 2 })
    for (const path of ['public.harbours', 'harbours.public.harbours']) {
      const page = { limit: 100, offset: 0 }
      expect(await browseConnection(context, manager, 'harbours', { path, page })).toMatchObject({
        type: 'table',
        columns: [
          { name: 'id', typeName: 'int4', isArray: false, declared: 'integer' },
          { name: 'name', typeName: 'text', isArray: false, declared: 'text' },
          {
            name: 'geom',
            typeName: 'geometry',
            isArray: false,
            declared: 'gis.geometry(Point,4326)',
          },
        ],
      })
    }
  })

  it.each([
    'nowhere',
    'public.nothing',
    'elsewhere.public.harbours',
    'pg_catalog',
    'a.b.c.d',
    'a.',
  ])('is not found at %s', async (path) => {
    await expect(browse('harbours', path)).rejects.toEqual(code('resource_not_found'))
  })
})
