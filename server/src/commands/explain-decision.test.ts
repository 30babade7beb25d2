import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readMatrix } from '../../../acceptance/support/read-matrix.ts'
import { runAs } from '../../test/account.ts'
import { createTestContext, createTestManager } from '../../test/command-context.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import { principalOf } from '../credential/authenticate.ts'
import type { Manager } from '../credential/manager.ts'
import type { Principal } from '../credential/principal.ts'
import type { ErrorCode } from '../errors.ts'
import type { Lack } from '../policy/lack.ts'
import { loadStatementParser } from '../policy/statement-parser.ts'
import { type Account, findAccountById } from '../store/accounts.ts'
import { findVerifiableApiKeyByName } from '../store/api-keys.ts'
import type { CommandContext } from './context.ts'
import { createAccessToken } from './create-access-token.ts'
import { createApiKey } from './create-api-key.ts'
import { deleteAccessToken } from './delete-access-token.ts'
import { type AskedDecision, type Explanation, explainDecision } from './explain-decision.ts'
import { updateAccessToken } from './update-access-token.ts'

const acceptance = new URL('../../../acceptance/', import.meta.url)

let installation: TestInstallation
let context: CommandContext & { close(): Promise<void> }
let manager: Manager
let account: Account
let master: Principal

beforeAll(async () => {
  installation = await createInstallation()
  context = await createTestContext(installation)
  await loadStatementParser()
  manager = await createTestManager(installation)
  const { store } = installation
  account = (await findAccountById(store, manager.accountId)) ?? ({} as Account)
  const key = await findVerifiableApiKeyByName(store, account.id, 'master')
  if (key === undefined) throw new Error('The account has no master key.')
  // Keys of test accounts are shown what the store says: the same as every account's.
  await store.query(
    `update api_key set grants = jsonb_set(grants, '{apis}', '["sql", "maps"]'),
       name = case type when 'master' then 'Master' else 'Default public' end
     where account_id = $1`,
    [account.id],
  )
  await store.query(
    `update api_key set grants = jsonb_set(grants, '{mayWrite}', 'false')
     where account_id = $1 and type = 'default'`,
    [account.id],
  )
  master = principalOf(key)
})
afterAll(async () => {
  await context.close()
  await installation.close()
})

describe('the authorization matrix', () => {
  const matrix = readMatrix(new URL('authorization-matrix.yaml', acceptance))
  const names = new Map([
    ['public', 'Default public'],
    ['master', 'Master'],
  ])
  /** What no catalogue tells. */
  const untold = ['bring in an extension that reaches out', 'reach out to other servers']
  const gone = [
    ...['nobody', 'empty', 'bobs-master', 'bobs-key', 'bob'],
    ...['deleted', 'replaced', 'rubbish', 'forged'],
  ]

  beforeAll(async () => {
    const points = (name: string) => [
      `create table ${name} (
         cartodb_id serial primary key, name text, the_geom postgis.geometry(Point, 4326))`,
    ]
    await asOwner(
      ...points('public_points'),
      `grant select on public_points to "${account.publicRole}"`,
      ...points('private_points'),
      ...points('other_points'),
      'create view other_view as select * from other_points',
      'create materialized view other_matview as select * from other_points',
      'create schema archive',
      ...points('archive.old_points'),
      'create table doomed (n int)',
    )
    for (const [name, { apis, tables = {}, create = [] }] of matrix.credentials) {
      if (gone.includes(name) || names.has(name)) continue
      await makeKey(name, apis ?? ['sql', 'maps'], tables, create)
    }
    const creator = await findVerifiableApiKeyByName(installation.store, account.id, 'creator')
    await asOwner('create table made_by_creator (n int, the_geom postgis.geometry(Point, 4326))')
    await runAsSuperuser(`alter table made_by_creator owner to "${creator?.role}"`)
  })

  const answers = [...matrix.answers.sql, ...matrix.answers.maps].filter(
    ({ row, credential }) => !untold.includes(row.ask) && !gone.includes(credential),
  )
  /** Of those who get the same answer to a row, one, and another one each time. */
  const cells = answers.filter(({ row, status, text, atTheDoor }, index) => {
    const alike = answers.filter(
      (one) => one.row.ask === row.ask && one.status === status && one.text === text,
    )
    const isFirstDoor = answers.findIndex((one) => one.atTheDoor && one.text === text) === index
    return atTheDoor ? isFirstDoor : alike[index % alike.length] === answers[index]
  })

  it('is tried by most of its credentials', () => {
    expect(cells.length).toBeGreaterThan(150)
    expect(new Set(cells.map(({ credential }) => credential)).size).toBeGreaterThan(12)
  })

  it.each(cells.map((cell) => ({ ...cell, called: cell.sentence('') })))(
    'says: $called',
    async ({ row, credential, status, text }) => {
      const name = names.get(credential) ?? credential
      const isMap = row.table !== 'undefined'
      for (const query of row.sql) {
        const explained = await explain({
          credential: { kind: 'api_key', name },
          api: isMap ? 'maps' : 'sql',
          source: isMap ? { table: row.table } : { query },
        })
        const wrong = findDisagreement(explained, status, text)
        expect(wrong === undefined ? undefined : { query, wrong, explained }).toBeUndefined()
      }
    },
  )
})

/** What PostgreSQL's and our own words stand for. */
const wordings: readonly [
  RegExp,
  ErrorCode,
  ((lacks: readonly Lack[], match: string) => boolean)?,
][] = [
  [/^(forbidden|This credential may not use this API)$/, 'api_not_allowed', has('api')],
  [
    /^permission denied for (?:table|view|materialized view|sequence) (.+)$/,
    'permission_denied',
    namesTable,
  ],
  [/^permission denied for schema (.+)$/, 'permission_denied', namesSchema],
  [/^permission denied for function (.+)$/, 'permission_denied', namesFunction],
  [/^system tables are forbidden$/, 'system_tables_forbidden'],
  [/^You don't have permissions to read this resource$/, 'source_not_granted'],
  [/^You don't have permissions to read this resource$/, 'system_tables_forbidden'],
  [/^Table not found$/, 'table_not_found', has('existence')],
  [/^(?:relation|table) "(.+)" does not exist$/, 'sql_error', has('existence')],
  [/^must be owner of table (.+)$/, 'sql_error', has('ownership')],
  [/^syntax error/, 'statement_not_understood'],
  [/\.$/, 'statement_not_allowed'],
]

function findDisagreement(
  { allowed, reason, missing }: Explanation,
  status: number,
  text: string | undefined,
): string | undefined {
  if (status < 300) return allowed ? undefined : 'it is allowed'
  // What shows when a statement runs: a geometry that is not there, a transaction left open.
  if (status === 400 && !/does not exist$|^must be|^syntax/.test(text ?? '')) return undefined
  if (/^procedure/.test(text ?? '')) return undefined
  if (allowed) return 'it is refused'
  const fitting = wordings.filter(([pattern]) => pattern.test(text ?? ''))
  if (fitting.length === 0) return undefined
  const wording = fitting.find(([, code]) => code === reason)
  if (wording === undefined) return `the reason is ${fitting[0]?.[1]}`
  const [pattern, , isTold] = wording
  const match = pattern.exec(text ?? '')?.[1] ?? ''
  return isTold?.(missing, match) === false ? `what is missing is ${match}` : undefined
}

function has(what: Lack['what']) {
  return (lacks: readonly Lack[]) => lacks.some((lack) => lack.what === what)
}

function namesTable(lacks: readonly Lack[], table: string) {
  return lacks.some((lack) => lack.what === 'table' && lack.table === table)
}

function namesSchema(lacks: readonly Lack[], schema: string) {
  return lacks.some(
    (lack) => (lack.what === 'schema' || lack.what === 'table') && lack.schema === schema,
  )
}

function namesFunction(lacks: readonly Lack[], name: string) {
  return lacks.some((lack) => lack.what === 'function' && lack.function === name)
}

describe('the matrix of access tokens', () => {
  const query = 'select name, population, the_geom from capitals where country = $1'
  const text = readFileSync(new URL('token-matrix.yaml', acceptance), 'utf8')
  type Row = {
    readonly token: {
      readonly grants: readonly string[]
      readonly expires?: 'soon'
    }
    readonly then?: 'deleted' | { readonly grants: readonly string[] }
    readonly from?: string
    readonly asks?: readonly string[]
    readonly otherwise: number
  } & { readonly [status: number]: readonly string[] }
  const { requests, tokens } = parse(text.replaceAll('{query}', query)) as {
    readonly requests: Readonly<Record<string, string>>
    readonly tokens: Readonly<Record<string, Row>>
  }
  const reasons: Readonly<Record<number, readonly (ErrorCode | undefined)[]>> = {
    401: ['invalid_credential'],
    403: ['api_not_allowed', 'source_not_granted', 'referer_not_allowed', 'statement_not_allowed'],
    404: ['connection_not_found'],
  }

  beforeAll(() =>
    asOwner(
      `create table capitals (cartodb_id serial primary key, name text, country text,
         population int, the_geom postgis.geometry(Point, 4326))`,
      'create table surveys (cartodb_id serial primary key)',
    ),
  )

  it.each(Object.keys(tokens))('and the explanation agree on a token %s', async (called) => {
    const row = tokens[called]
    if (row === undefined) return
    const { grants, expires, ...rest } = row.token
    const { view } = await createAccessToken(context, manager, {
      ...rest,
      grants: on(...grants),
      ...(expires && { expiration_date: new Date(Date.now() + 60_000).toISOString() }),
    })
    if (row.then === 'deleted') await deleteAccessToken(context, manager, view.id)
    else if (row.then) {
      await updateAccessToken(context, manager, view.id, {
        ...row.then,
        grants: on(...row.then.grants),
      })
    }
    const later = expires && { now: () => new Date(Date.now() + 120_000) }
    for (const [asked, address] of Object.entries(requests)) {
      const request = readRequest(address)
      if (request === undefined || row.asks?.includes(asked) === false) continue
      const named = Object.entries(row).find(
        ([, whom]) => Array.isArray(whom) && whom.includes(asked),
      )
      const status = Number(named?.[0] === 'asks' ? row.otherwise : (named?.[0] ?? row.otherwise))
      const explained = await explain(
        { credential: { kind: 'text', token: view.token }, ...request, origin: row.from },
        later,
      )
      expect([asked, explained.allowed]).toEqual([asked, status === 200])
      if (status !== 200) {
        expect([asked, explained.reason, reasons[status]?.includes(explained.reason)]).toEqual([
          asked,
          explained.reason,
          true,
        ])
      }
    }
  })

  /** Those of the SQL and the Maps API; models and statistics are decided on like them. */
  function readRequest(
    address: string,
  ): Pick<AskedDecision, 'api' | 'connection' | 'source'> | undefined {
    const match =
      /^GET \/(?:v3\/(sql|maps)\/(\w+)\/(?:query|table)|api\/v2\/(sql))(?:\/[\d/]+)?\?(?:name=(\w+)|q=(.*?))(?:&.*)?$/s.exec(
        address,
      )
    if (match === null) return undefined
    const [, api, connection = 'default', , table, sql = ''] = match
    return {
      api: api === 'maps' ? 'maps' : 'sql',
      connection,
      source: table === undefined ? { query: sql } : { table },
    }
  }
})

describe('what is told', () => {
  beforeAll(() =>
    asOwner(
      'create table told (id int, name text)',
      'create table told_too (id int)',
      'create schema apart',
      'create table apart.far (id int)',
    ),
  )

  it('is every table and verb that is missing, and all that a new key needs', async () => {
    await makeKey('told reader', ['sql'], { told: ['select'] }, [])
    const explained = await explain({
      credential: { kind: 'api_key', name: 'told reader' },
      source: {
        query: `insert into told select id from told_too join apart.far using (id) returning name`,
      },
    })
    expect(explained).toMatchObject({ allowed: false, reason: 'permission_denied' })
    expect(explained.missing).toEqual([
      { what: 'table', schema: 'public', table: 'told_too', verbs: ['select'] },
      { what: 'table', schema: 'apart', table: 'far', verbs: ['select'] },
      { what: 'table', schema: 'public', table: 'told', verbs: ['insert'] },
    ])
    expect(explained.needed).toEqual([
      { what: 'table', schema: 'public', table: 'told_too', verbs: ['select'] },
      { what: 'table', schema: 'apart', table: 'far', verbs: ['select'] },
      { what: 'table', schema: 'public', table: 'told', verbs: ['insert', 'select'] },
    ])
    expect(explained.sentence).toBe(
      'The API key "told reader" lacks select on public.told_too, select on apart.far and insert on public.told.',
    )
  })

  it('is what stands behind a closed door as well', async () => {
    await makeKey('told to maps', ['maps'], {}, [])
    const asked = {
      credential: { kind: 'api_key', name: 'told to maps' },
      source: { query: 'select * from told' },
    } as const
    expect(await explain(asked)).toMatchObject({
      reason: 'api_not_allowed',
      missing: [
        { what: 'api', api: 'sql' },
        { what: 'table', table: 'told' },
      ],
    })
    await setAccount('engine_enabled', false)
    expect(await explain(asked)).toMatchObject({
      reason: 'invalid_credential',
      missing: [{ what: 'engine' }, { what: 'api' }, { what: 'table', table: 'told' }],
    })
    await setAccount('engine_enabled', true)
  })

  it('is that the account keeps its master key from data', async () => {
    const asked = {
      credential: { kind: 'api_key', name: 'Master' },
      source: { query: 'select * from told' },
    } as const
    expect(await explain(asked)).toMatchObject({ allowed: true })
    await setAccount('master_on_data', false)
    expect(await explain(asked)).toMatchObject({
      reason: 'api_not_allowed',
      missing: [{ what: 'master_on_data' }],
    })
    await setAccount('master_on_data', true)
  })

  it('is what no grant of a token covers, and the query itself where only that is drawn', async () => {
    const { view } = await createAccessToken(context, manager, {
      allowed_apis: ['sql', 'maps'],
      grants: on('told'),
    })
    const credential = { kind: 'access_token', id: view.id } as const
    const query = 'select * from told join told_too using (id)'
    expect(await explain({ credential, source: { query } })).toMatchObject({
      reason: 'source_not_granted',
      missing: [{ what: 'table', schema: 'public', table: 'told_too', verbs: ['select'] }],
      needed: [{ table: 'told' }, { table: 'told_too' }],
    })
    expect(await explain({ credential, api: 'maps', source: { query } })).toMatchObject({
      missing: [{ what: 'query', query }],
      needed: [{ what: 'query', query }],
    })
    expect(await explain({ credential, connection: 'elsewhere', source: { query } })).toMatchObject(
      { reason: 'connection_not_found', missing: [{ what: 'connection' }] },
    )
  })

  it('follows a grant to what was made since', async () => {
    const { view } = await createAccessToken(context, manager, { grants: on('*') })
    await asOwner('create table made_since (id int)')
    const credential = { kind: 'access_token', id: view.id } as const
    expect(await explain({ credential, source: { table: 'made_since' } })).toMatchObject({
      allowed: true,
    })
  })

  it('of a query that nobody could read the tree of is nothing but that', async () => {
    const query = `select ${'('.repeat(3_000)}1${')'.repeat(3_000)}`
    expect(
      await explain({ credential: { kind: 'api_key', name: 'Master' }, source: { query } }),
    ).toMatchObject({
      missing: [],
    })
  })
})

describe('what is not told', () => {
  it('is whose an unknown credential is: another account, another user, nobody', async () => {
    const stranger = await createTestManager(installation)
    const { view: theirs } = await createAccessToken(context, stranger, { grants: on('*') })
    const theirKey = await makeKey('theirs', ['sql'], {}, [], stranger)
    const colleague = { ...manager, userId: stranger.userId }
    const { view: mine } = await createAccessToken(context, manager, { grants: on('*') })
    const source = { query: 'select 1' }
    const ask = (token: string, asker: Manager) =>
      explain({ credential: { kind: 'text', token }, source }, {}, asker)
    const unknown = await ask('nonsense', manager)
    expect(unknown).toMatchObject({ allowed: false, reason: 'invalid_credential', missing: [] })
    for (const token of [theirs.token, theirKey.token]) {
      expect(await ask(token ?? '', manager)).toEqual(unknown)
    }
    expect(await ask(mine.token ?? '', colleague)).toEqual(unknown)
    for (const credential of [
      { kind: 'access_token', id: theirs.id },
      { kind: 'api_key', name: 'theirs' },
    ] as const) {
      await expect(explain({ credential, source })).rejects.toThrow(/not found/)
    }
  })

  it('is whether there is a table that the account may not read', async () => {
    await runAsSuperuser('create table hidden (id int)')
    await runAsSuperuser('create schema cellar; create table cellar.hidden (id int)')
    const credential = { kind: 'api_key', name: 'Default public' } as const
    for (const table of ['', 'cellar.']) {
      const about = async (name: string) => {
        const told = await explain({
          credential,
          source: { query: `select * from ${table}${name}` },
        })
        return JSON.stringify(told).replaceAll(name, 'it')
      }
      expect(await about('hidden')).toEqual(await about('nowhere'))
    }
  })
})

it('runs nothing, and plans nothing', async () => {
  await asOwner('create table counted (n int)', 'create sequence counting')
  await asOwner(
    `create function count_up() returns int language sql immutable as 'select nextval(''counting'')::int'`,
  )
  const credential = { kind: 'api_key', name: 'Master' } as const
  for (const query of [
    `select nextval('counting')`,
    'select * from counted where n = count_up()',
    'insert into counted values (1)',
    'drop table counted',
  ]) {
    expect(await explain({ credential, source: { query } })).toMatchObject({ allowed: true })
  }
  const [row] = await asOwner(
    'select is_called, (select count(*) from counted) as rows from counting',
  )
  expect(row).toEqual({ is_called: false, rows: '0' })
})

function explain(
  asked: Partial<AskedDecision> & Pick<AskedDecision, 'credential' | 'source'>,
  changes: Partial<CommandContext> | undefined = {},
  asker: Manager = manager,
): Promise<Explanation> {
  return explainDecision({ ...context, ...changes }, asker, {
    api: 'sql',
    connection: 'default',
    origin: undefined,
    ...asked,
  })
}

const on = (...sources: string[]) =>
  sources.map((source) => ({ connection_name: 'default', source }))

function makeKey(
  name: string,
  apis: readonly string[],
  tables: Readonly<Record<string, readonly string[]>>,
  create: readonly string[],
  of: Pick<Principal, 'accountId'> = master,
) {
  const grants = [
    { type: 'apis', apis },
    {
      type: 'database',
      tables: Object.entries(tables).map(([table, permissions]) => {
        const [relation = '', schema = 'public'] = table.split('.').reverse()
        return { schema, name: relation, permissions }
      }),
      schemas: create.map((schema) => ({ name: schema, permissions: ['create'] })),
    },
  ]
  return createApiKey(context, { ...master, ...of, mustStillHold: async () => {} } as never, {
    name,
    grants,
  })
}

function setAccount(column: 'engine_enabled' | 'master_on_data', value: boolean) {
  return installation.store.query(`update account set ${column} = $2 where id = $1`, [
    account.id,
    value,
  ])
}

function asOwner(...statements: string[]) {
  return runAs(installation, { ...account, role: account.ownerRole }, ...statements)
}

function runAsSuperuser(statement: string) {
  return installation.admin.on(account.database).query(`set search_path = public; ${statement}`)
}
