import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  type AttackedAccounts,
  type Attacker,
  canary,
  describeAccounts,
  expectRows,
  expectUnchanged,
  openAttackedAccounts,
} from '../support/attacked-accounts.ts'
import { runAsOwner } from '../support/populate-account.ts'
import { type Answer, basic, createKey, send } from '../support/requests.ts'
import { waysInTurn } from '../support/rounds.ts'

// SQL in the names of tables and columns: nothing that a request says becomes SQL by being pasted.

let accounts: AttackedAccounts
let before: unknown[]

beforeAll(async () => {
  accounts = await openAttackedAccounts()
  before = await describeAccounts(accounts)
})
afterAll(() => accounts.postern.stop())

const addresses = {
  'a map': '/v3/maps/default/table?',
  'a TileJSON': '/v3/maps/default/table?format=tilejson&',
  'a tile': '/v3/maps/default/table/0/0/0?',
}

type Draw = (parameters: Record<string, string>, headers: Record<string, string>) => Promise<Answer>

/** Each way to ask for a map that takes its name. */
const drawings: readonly (readonly [what: string, draw: Draw])[] = [
  ...Object.entries(addresses).map(
    ([what, address]) =>
      [
        what,
        (parameters, headers) =>
          send(`${accounts.alice.base_url}${address}${new URLSearchParams(parameters)}`, {
            headers,
          }),
      ] as const satisfies readonly [string, Draw],
  ),
  [
    'a posted map',
    (parameters, headers) =>
      send(`${accounts.alice.base_url}/v3/maps/default/table`, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(parameters),
      }),
  ],
]
let drawn = 0

/** Asks for a map of something, in each of these ways; without any, in the one whose turn it is. */
async function draw(
  { token }: Attacker,
  parameters: Record<string, string>,
  ways?: typeof drawings,
): Promise<{ readonly what: string; readonly answer: Answer }[]> {
  const headers = token === undefined ? {} : basic('alice', token)
  drawn += 1
  return Promise.all(
    (ways ?? waysInTurn(drawings, drawn)).map(async ([what, ask]) => ({
      what,
      answer: await ask(parameters, headers),
    })),
  )
}

/** Expects that everybody is refused, in the words of the surface and nobody else's. */
async function expectNothingDrawn(parameters: Record<string, string>): Promise<void> {
  for (const attacker of accounts.everybody) {
    for (const { what, answer } of await draw(attacker, parameters)) {
      const told = JSON.stringify({ who: attacker.name, what, ...answer })
      expect(answer.status, told).toBeGreaterThanOrEqual(400)
      expect(answer.status, told).toBeLessThan(500)
      // And, where no column is called so, what was asked for.
      const members = Object.keys(answer.json()).filter((name) => name !== 'column_name')
      expect(members).toEqual(['error', 'status'])
      expect(answer.text).not.toMatch(new RegExp(`${canary}|syntax error|postern_`))
    }
  }
}

describe('as the name of a table', () => {
  test.each([
    'private_points; drop table public_points',
    'private_points; drop table public_points --',
    'private_points where true --',
    'private_points as t where true --',
    'public_points" union select * from "private_points',
    'public_points"; drop table "public_points',
    '"public_points" as t, "private_points"',
    '"public_points"; drop table public_points',
    '"public_points""; drop table public_points',
    '(select * from private_points)',
    '(select * from private_points) as t',
    'lateral (select 1)',
    'public_points tablesample system (1)',
    'public_points as t limit 1 --',
    'public_points/**/',
    '$1',
    "public_points' or '1'='1",
    'public_points\\',
    'U&"public_points"',
    'only public_points',
    'query_to_xml',
    'pg_class',
    'pg_catalog.pg_class',
    'PG_CATALOG.pg_class',
    '"pg_catalog"."pg_class"',
    '"pg_catalog".pg_class',
    'alice.pg_catalog.pg_class',
    'pg_toast.pg_toast_1',
    'information_schema.tables',
    'geometry_columns',
    'postgis.geometry_columns',
    'postgis.spatial_ref_sys',
    'bob.public.private_points',
    'postgres.public.private_points',
    'postern_control.public.api_keys',
    'a.b.c.d',
    'public.public.public.public_points',
    '.',
    '..',
    'public.',
    '.public_points',
    'public..public_points',
    '"public_points',
    'public_points"',
    '""',
    '"".public_points',
    'public_points\0',
    'public\0.private_points',
    'ＰＵＢＬＩＣ_points',
    'public_pointѕ',
    'public_points ',
    ' public_points',
    'PUBLIC_POINTS',
    '../private_points',
    '%70ublic_points',
    '{"name":"public_points"}',
    'x'.repeat(5_000),
    'é'.repeat(64),
  ])('%s', async (name) => {
    await expectNothingDrawn({ name })
  })
})

test.each([
  'name"; drop table public_points; --',
  'name, (select name from private_points) as stolen',
  '(select max(name) from private_points)',
  "(select string_agg(name, ',') from private_points)",
  '"name"',
  'name as stolen',
  'name::text',
  'NAME',
  't.name',
  '*',
  'ctid',
  'xmax',
  'tableoid',
  'public_points',
  'name\0',
  '$1',
  ' name',
  'name,',
  ',',
])('as the name of a column: %s', async (columns) => {
  await expectNothingDrawn({ name: 'public_points', columns })
})

test.each([
  'the_geom"; drop table public_points; --',
  'the_geom, 3857)) from private_points --',
  'st_setsrid(the_geom, 3857)',
  '(select the_geom from private_points limit 1)',
  'null::geometry',
  'name',
  'THE_GEOM',
  '"the_geom"',
  't.the_geom',
  'the_geom\0',
  '$1',
  '*',
])('as the name of a geometry: %s', async (spatialDataColumn) => {
  await expectNothingDrawn({ name: 'public_points', spatialDataColumn })
})

test('and nothing of it has changed anything', async () => {
  expect(await describeAccounts(accounts)).toEqual(before)
})

describe('names that only look like SQL', () => {
  const names = [
    'we"ird',
    'a.b',
    "it's",
    'Übér 表 🌍',
    'x; drop table public_points; --',
    'select',
    'percent % and $1 and $$',
    'back\\slash',
    'line\nbreak',
    ' blank ',
    '"',
    '*',
    '%I',
    'n'.repeat(63),
  ]
  const column = 'co"l; drop table public_points; --'
  const geometry = 'g"eom'
  const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`

  beforeAll(async () => {
    const { postern, alice } = accounts
    for (const name of names) {
      await runAsOwner(
        postern,
        alice,
        `create table ${quoted(name)} (${quoted(column)} text, ${quoted(geometry)} geometry(Point, 4326))`,
      )
      await runAsOwner(
        postern,
        alice,
        `insert into ${quoted(name)} select 'a', st_setsrid(st_makepoint(1, 1), 4326)`,
      )
    }
  })

  test.each(names)('%s can be granted, read and drawn, and opens nothing else', async (name) => {
    const { postern, alice, nobody } = accounts
    const key = await createKey(postern, alice, {
      tables: [{ name, permissions: ['select', 'insert'] }],
    })
    const holder = { name: 'holder', token: key.token }
    await expectUnchanged(accounts, async () => {
      const rows = await expectRows(accounts, holder, `select * from ${quoted(name)}`)
      expect(rows).toMatchObject([{ [column]: 'a' }])
      const source = { name: quoted(name), spatialDataColumn: geometry, columns: column }
      for (const { answer } of await draw(holder, source, drawings)) expect(answer.status).toBe(200)
      for (const { answer } of await draw(nobody, source)) expect(answer.status).toBe(403)
      for (const other of names.filter((candidate) => candidate !== name)) {
        for (const { answer } of await draw(holder, { name: quoted(other) })) {
          expect(answer.status).toBe(403)
        }
      }
    })
    const shown = await send(`${alice.base_url}/api/v3/api_keys/${encodeURIComponent(key.name)}`, {
      headers: basic('alice', alice.master_key),
    })
    expect(shown.json<{ grants: { tables?: unknown[] }[] }>().grants[1]?.tables).toEqual([
      { schema: 'public', name, owner: false, permissions: ['insert', 'select'] },
    ])
  })
})

describe('in the grants of a new key', () => {
  const refused = 'Validation failed: Grants can only grant table permissions you have'
  let beforeGrants: unknown[]
  beforeAll(async () => {
    beforeGrants = await describeAccounts(accounts)
  })

  async function create(section: object): Promise<Answer> {
    const { alice } = accounts
    return send(`${alice.base_url}/api/v3/api_keys`, {
      method: 'POST',
      headers: { ...basic('alice', alice.master_key), 'content-type': 'application/json' },
      body: JSON.stringify({
        name: 'injected',
        grants: [
          { type: 'apis', apis: ['sql'] },
          { type: 'database', ...section },
        ],
      }),
    })
  }

  test.each([
    ['public', 'private_points to public; --'],
    ['public', 'private_points" to "public'],
    ['public', 'private_points, other_points'],
    ['public', 'public.private_points'],
    ['public', '"private_points"'],
    ['public', 'PRIVATE_POINTS'],
    ['public', 'all tables in schema public'],
    ['public', ''],
    ['public', 'x'.repeat(5_000)],
    ['public" ; drop table public_points; --', 'private_points'],
    ['', 'private_points'],
    ['PUBLIC', 'private_points'],
    ['public.public', 'private_points'],
    ['pg_catalog', 'pg_class'],
    ['pg_catalog', 'pg_authid'],
    ['information_schema', 'tables'],
    ['postgis', 'spatial_ref_sys'],
    ['bob', 'private_points'],
  ])('the table %j.%j', async (schema, name) => {
    const answer = await create({ tables: [{ schema, name, permissions: ['select'] }] })
    expect({ status: answer.status, ...answer.json() }).toEqual({
      status: 422,
      errors: refused,
      errors_cause: null,
    })
  })

  test.each([
    { tables: [{ schema: 'public', name: 'private_points\0', permissions: ['select'] }] },
    { tables: [{ schema: 'public\0', name: 'private_points', permissions: ['select'] }] },
    { schemas: [{ name: 'public\0', permissions: ['create'] }] },
  ])('a NUL: %j', async (section) => {
    const answer = await create(section)
    expect(answer.status).toBe(422)
    expect(answer.json().errors).toContain('contains a character that cannot be stored')
  })

  test.each([
    'select; drop table public_points',
    'select, insert',
    'SELECT',
    'all',
    'select with grant option',
    'truncate',
    'references',
    'trigger',
    '',
  ])('the permission %j', async (permission) => {
    const answer = await create({
      tables: [{ schema: 'public', name: 'private_points', permissions: [permission] }],
    })
    expect(answer.status).toBe(422)
    expect(answer.json().errors).toContain('did not match one of the following values')
  })

  test.each([
    'public"; drop table public_points; --',
    'pg_catalog',
    'postgis',
    'information_schema',
    'bob',
    '',
    'PUBLIC',
  ])('the schema %j', async (name) => {
    const answer = await create({ schemas: [{ name, permissions: ['create'] }] })
    expect({ status: answer.status, ...answer.json() }).toEqual({
      status: 422,
      errors: 'Validation failed: Grants can only grant schema permissions you have',
      errors_cause: null,
    })
  })

  test.each([
    "'; drop table api_keys; --",
    '"; drop table "x',
    'a\\',
    '%00',
    '../Master',
    'a/b',
    '💥',
  ])('the name %j is only a name', async (name) => {
    const { postern, alice } = accounts
    const key = await createKey(postern, alice, { name })
    expect(key.name).toBe(name)
    const address = `${alice.base_url}/api/v3/api_keys/${encodeURIComponent(name)}`
    const headers = basic('alice', alice.master_key)
    expect((await send(address, { headers })).json().name).toBe(name)
    expect((await send(address, { method: 'DELETE', headers })).status).toBe(204)
  })

  test('none of this has changed anything', async () => {
    expect(await describeAccounts(accounts)).toEqual(beforeGrants)
  })
})
