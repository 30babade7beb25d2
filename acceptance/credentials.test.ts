import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { apis, authApi, database, type KeyList } from './support/auth-api.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { sendRaw } from './support/raw-request.ts'
import { type Answer, createKey, sql } from './support/requests.ts'
import { askIn, asPublic, hasBody, readWays, type Way } from './support/ways-to-ask.ts'

// The rows are in credentials.yaml.

let postern: Postern
let demo: AccountCredentials
/** Tokens, and what else stands in braces in the rows, by their names. */
const tokens: Record<string, string> = {
  public: 'default_public',
  nobody: 'pstr0123456789ABCDEFGHIJKLMNOPQR',
  rubbish: 'rubbish',
  empty: '',
  long: 'a'.repeat(20_000),
  'no colon': Buffer.from('demo').toString('base64'),
  'not utf-8': Buffer.from([0x64, 0x3a, 0xff, 0xfe]).toString('base64'),
}
/** Whom a database role belongs to. */
const actorOfRole: Record<string, string> = {}
/** Each account's tables: for the master key alone, for a regular key as well, for everybody. */
const tables = ['for_master', 'for_regular', 'for_all']

beforeAll(async () => {
  postern = await startPostern()
  demo = postern.demo
  await prepare(demo)
  await prepare(await postern.createAccount('other'))
  const doomed = await createKey(postern, demo, { name: 'doomed' })
  expect((await sql(postern, 'demo', 'select 1', doomed.token)).status).toBe(200)
  await authApi(postern, 'demo', demo.master_key).remove('doomed')
  tokens.deleted = doomed.token
  tokens['demo regular upper'] = (tokens['demo regular'] ?? '').toUpperCase()
})
afterAll(() => postern.stop())

async function prepare(owner: AccountCredentials): Promise<void> {
  const { account, master_key } = owner
  const publicRole = await roleOf(account, 'default_public')
  for (const statement of [
    ...tables.map((name) => `create table ${name} (id integer, the_geom geometry(point, 4326))`),
    `grant select on for_all to "${publicRole}"`,
  ]) {
    const answer = await sql(postern, account, statement, master_key)
    if (answer.status !== 200) throw new Error(`${statement}: ${answer.text}`)
  }
  const regular = await createKey(postern, owner, {
    name: 'regular',
    tables: [{ name: 'for_regular', permissions: ['select'] }],
  })
  tokens[`${account} master`] = master_key
  tokens[`${account} regular`] = regular.token
  tokens[`${account} role`] = await roleOf(account, master_key)
  actorOfRole[await roleOf(account, master_key)] = `${account} master`
  actorOfRole[await roleOf(account, regular.token)] = `${account} regular`
  actorOfRole[publicRole] = `${account} public`
}

async function roleOf(account: string, token: string): Promise<string> {
  const answer = await sql(postern, account, 'select current_user::text as role', token)
  return answer.json<{ rows: { role: string }[] }>().rows[0]?.role ?? ''
}

const ways = readWays()

describe.each([
  'where the token is',
  'in the body',
  'which token',
  'which of two',
  'which account',
])('%s', (section) => {
  test.each(ways.rows(section))('$way', async ({ who, ...way }) => {
    expect(await outcomeOf(way)).toEqual(who)
  })
})

describe('an Authorization header that cannot be understood is refused', () => {
  test.each(ways.texts('authorizations that cannot be understood'))('%j', async (authorization) => {
    const refused = ['401', '401', '401']
    expect(await outcomeOf({ authorization })).toEqual(refused)
    expect(await outcomeOf({ authorization, query: 'api_key={demo master}' })).toEqual(refused)
  })
})

describe('a parameter that is no credential changes nobody', () => {
  test.each(ways.texts('parameters that are no credential'))('%s', async (parameter) => {
    const regular = await outcomeOf({ query: `api_key={demo regular}&${parameter}` })
    expect(regular).toEqual(['demo regular', 'demo regular', 'demo regular'])
    expect(await outcomeOf({ query: parameter })).toEqual(asPublic)
    const [name = '', value = ''] = parameter.split('=')
    const members = { [name]: decodeURIComponent(value) }
    const inBody = await outcomeOf({ json: { api_key: '{demo regular}', ...members } })
    expect(inBody).toEqual(['demo regular', '401', 'demo regular'])
    expect(await outcomeOf({ json: members })).toEqual(asPublic)
  })
})

describe('a header that is no credential changes nobody', () => {
  test.each(ways.texts('headers that are no credential'))('%s', async (header) => {
    const regular = await outcomeOf({ header, query: 'api_key={demo regular}' })
    expect(regular).toEqual(['demo regular', 'demo regular', 'demo regular'])
    expect(await outcomeOf({ header })).toEqual(asPublic)
  })
})

test('addresses in answers are our own, whatever the Host says', async () => {
  const headers = [
    ...['Host', 'evil.example', 'X-Forwarded-Host', 'evil.example', 'X-Forwarded-Proto', 'https'],
    ...['Authorization', `Bearer ${demo.master_key}`],
  ]
  for (const path of ['/api/v3/api_keys', '/v3/maps/default/table?name=for_all']) {
    const answer = await sendRaw(postern.port, { path: `/user/demo${path}`, headers })
    expect(answer.status, answer.text).toBe(200)
    expect(answer.text).toContain(`${postern.url}/user/demo/`)
    expect(answer.text).not.toContain('evil')
  }
})

test('each surface refuses in its own shape, without a challenge or a cookie', async () => {
  const ask = (path: string) =>
    sendRaw(postern.port, {
      path: `/user/demo${path}`,
      headers: ['Authorization', 'Bearer rubbish'],
    })
  const onSql = await ask('/api/v2/sql?q=select%201')
  const onAuth = await ask('/api/v3/api_keys')
  const onMaps = await ask('/v3/maps/default/table?name=for_all')
  expect(onSql.json()).toEqual({ error: ['Unauthorized'] })
  expect(onAuth.text).toBe('')
  expect(onMaps.json()).toEqual({ error: 'Invalid token', status: 401 })
  for (const answer of [onSql, onAuth, onMaps]) {
    expect(answer.status).toBe(401)
    expect(answer.headers.has('www-authenticate')).toBe(false)
    expect(answer.headers.has('set-cookie')).toBe(false)
  }
})

test('a name that differs from the account is refused in the words of each surface', async () => {
  const way = { authorization: 'Basic {other:other regular}' }
  const onSql = await askIn(postern.port, way, tokens, '/api/v2/sql', { q: 'select 1' })
  expect(onSql.json()).toEqual({ error: ['permission denied'] })
  const onAuth = await askIn(postern.port, way, tokens, '/api/v3/api_keys', {})
  expect(onAuth.text).toBe('')
  const unknown = { path: '/user/nobody' }
  const onUnknown = await askIn(postern.port, unknown, tokens, '/api/v2/sql', { q: 'select 1' })
  expect(onUnknown.json()).toEqual({
    error: [
      "Sorry, we can't find CARTO user 'nobody'. Please check that you have entered the correct domain.",
    ],
  })
})

test.each([
  [['sql'], ['demo regular', 'demo regular', '403']],
  [['maps'], ['403', 'demo regular', 'demo regular']],
  [[], ['403', 'demo regular', '403']],
  [['do'], ['403', 'demo regular', '403']],
])('a key for the APIs %j opens those, and may always look at itself', async (names, who) => {
  const answer = await authApi(postern, 'demo', demo.master_key).create({
    name: `for ${names.join()}`,
    grants: [apis(...names), database({ for_regular: ['select'] })],
  })
  const { token } = answer.json<{ token: string }>()
  postern.keepSecret(token)
  tokens.tested = token
  if (names.includes('sql')) actorOfRole[await roleOf('demo', token)] = 'demo regular'
  expect(await outcomeOf({ query: 'api_key={tested}' })).toEqual(who)
})

/** Asks all three surfaces in this way. */
async function outcomeOf(way: Way): Promise<string[]> {
  return [await actorOnSql(way), await actorOnAuth(way), await actorOnMaps(way)]
}

async function actorOnSql(way: Way): Promise<string> {
  const q = 'select current_user::text as role, session_user::text as login'
  const answer = await ask(way, '/api/v2/sql', { q })
  if (answer.status !== 200) return String(answer.status)
  const [row] = answer.json<{ rows: { role: string; login: string }[] }>().rows
  expect(row?.login).toBe(row?.role)
  return actorOfRole[row?.role ?? ''] ?? 'unknown'
}

/** By whose keys it lists; with a body, by whether it would create one. */
async function actorOnAuth(way: Way): Promise<string> {
  const answer = await ask(way, '/api/v3/api_keys', {})
  // A key without a name is refused to the master key alone: nobody else gets that far.
  if (hasBody(way) && answer.status === 422) return 'demo master'
  if (answer.status !== 200) return String(answer.status)
  const { result, total } = answer.json<KeyList>()
  const [first] = result
  if (first?.type !== 'master') expect(total).toBe(1)
  const kind = first?.type === 'default' ? 'public' : first?.type
  return `${first?.user.username} ${kind}`
}

/** By which of the three tables it draws, and in whose name. */
async function actorOnMaps(way: Way): Promise<string> {
  const drawn: string[] = []
  let account = ''
  for (const name of tables) {
    const answer = await ask(way, '/v3/maps/default/table', { name })
    if (answer.status === 200) {
      drawn.push(name)
      account = /\/user\/([a-z]+)\//.exec(answer.text)?.[1] ?? ''
    } else if (!answer.text.includes("You don't have permissions to read this resource")) {
      return String(answer.status)
    }
  }
  // What may be read by the key alone, and what besides by everybody.
  const kinds: Record<string, string> = {
    'for_master,for_regular,for_all': 'master',
    'for_regular,for_all': 'regular',
    for_all: 'public',
  }
  return `${account} ${kinds[drawn.join()] ?? `of [${drawn.join()}]`}`
}

function ask(way: Way, surface: string, parameters: Record<string, string>): Promise<Answer> {
  return askIn(postern.port, way, tokens, surface, parameters)
}
