import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import { createTestServer, type TestServer } from '../../test/registered-server.ts'
import { checkServer, type ServerCheck } from './check-server.ts'
import { createRegisteredServers, type RegisteredServers } from './registered-servers.ts'
import { tryLogIn } from './try-log-in.ts'

let installation: TestInstallation
let server: TestServer
let servers: RegisteredServers

beforeAll(async () => {
  installation = await createInstallation()
  server = await createTestServer(installation.address)
  servers = createRegisteredServers({
    store: installation.store,
    admin: installation.admin,
    keyRing: () => {
      throw new Error('Nothing is sealed here.')
    },
    networks: ['127.0.0.1'],
    lookUp: async () => [],
    onIdleError: () => {},
  })
})

afterAll(async () => {
  await server.close()
  await installation.close()
})

async function check(): Promise<ServerCheck> {
  const { admin } = await servers.open(server.config, server.password)
  try {
    return await checkServer(admin, server.config.database)
  } finally {
    await admin.close()
  }
}

const problemsOf = ({ findings }: ServerCheck) =>
  findings.filter(({ severity }) => severity === 'problem')

describe('a server that has all it takes', () => {
  it('is known by what it calls itself, and where it has PostGIS', async () => {
    const checked = await check()
    expect(problemsOf(checked)).toEqual([])
    expect(checked.facts).toMatchObject({
      systemIdentifier: expect.stringMatching(/^\d+$/),
      postgisVersion: expect.stringMatching(/^3\./),
      postgisSchema: 'gis',
    })
  })

  it('is warned of what everybody may do there, with the SQL that ends it', async () => {
    const warnings = (await check()).findings
    for (const rule of ['no-temporary-tables', 'no-languages', 'no-sql-in-strings']) {
      const found = warnings.find(({ sentence }) => sentence.startsWith(rule))
      expect(found).toMatchObject({
        severity: 'warning',
        remedy: expect.stringContaining('revoke'),
      })
    }
    expect(warnings.some(({ sentence }) => sentence.includes('no-connect'))).toBe(false)
  })

  it('lets a role of ours log in, which is gone afterwards', async () => {
    const { admin, place } = await servers.open(server.config, server.password)
    const roles = () =>
      server.superuser.query('select from pg_roles where starts_with(rolname, $1)', [
        `postern_${admin.installationId}_`,
      ])
    const before = await roles()
    expect(await tryLogIn(admin, place, server.config)).toEqual([])
    expect((await roles()).rowCount).toBe(before.rowCount)
    await admin.close()
  })
})

describe('what is missing is named, and mended by the SQL beside it', () => {
  it.each<[what: string, take: string, subject: RegExp]>([
    ['CREATEROLE', 'alter role USER nocreaterole', /^role registrant/],
    [
      'CONNECT to hand on',
      'revoke connect on database DATABASE from public; grant connect on database DATABASE to USER',
      /^database registered/,
    ],
    ['USAGE of PostGIS', 'revoke usage on schema gis from public', /^PostGIS 3/],
    ['tables to grant', 'alter table public.harbours owner to current_user', /^schema public$/],
    [
      'what the server is called',
      'revoke execute on function pg_control_system() from public',
      /^role registrant/,
    ],
    [
      'functions that a hardened server keeps from PUBLIC',
      `revoke execute on function pg_advisory_xact_lock(bigint), pg_terminate_backend(integer, bigint)
       from public`,
      /^role registrant/,
    ],
    ['PostGIS', 'drop extension postgis cascade', /^PostGIS$/],
  ])('%s', async (_, take, subject) => {
    const named = (sql: string) =>
      sql.replaceAll('USER', server.config.user).replaceAll('DATABASE', server.config.database)
    await server.superuser.query(named(take))
    const [problem, ...others] = problemsOf(await check())
    expect(others).toEqual([])
    expect(problem?.subject).toMatch(subject)
    await server.superuser.query(problem?.remedy ?? '')
    expect(problemsOf(await check())).toEqual([])
  })
})

it('refuses a superuser, whatever else there is', async () => {
  await server.superuser.query(`alter role ${server.config.user} superuser`)
  expect(problemsOf(await check())).toMatchObject([
    {
      sentence: expect.stringContaining('superuser'),
      remedy: expect.stringContaining('create role'),
    },
  ])
})
