import { afterAll, beforeAll, expect, test } from 'vitest'
import { findPublicRole, runAsOwner } from './support/populate-account.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { type Answer, basic, createKey, send } from './support/requests.ts'

let postern: Postern
let owner: AccountCredentials
let key: string

const neverShared = 'no-cache,max-age=0,must-revalidate,private'
const oneYear = 'no-cache,max-age=31536000,must-revalidate,public'

beforeAll(async () => {
  postern = await startPostern()
  owner = await postern.createAccount('owner')
  const publicRole = await findPublicRole(postern, owner)
  for (const statement of [
    'create table trees (id int)',
    'create table paths (id int)',
    'create table closed (id int)',
    'create view shown as select * from trees',
    'create view catalogue as select relname from pg_class',
    `grant select on trees, paths, shown, catalogue to "${publicRole}"`,
    // From here on it is known when it changes.
    "select cdb_cartodbfytable('trees')",
  ]) {
    await runAsOwner(postern, owner, statement)
  }
  key = (await createKey(postern, owner, { tables: [{ name: 'trees', permissions: ['select'] }] }))
    .token
})
afterAll(() => postern.stop())

const get = (q: string, parameters = '', headers: Record<string, string> = {}) =>
  send(`${postern.url}/user/owner/api/v2/sql?q=${encodeURIComponent(q)}${parameters}`, { headers })

const cacheHeaders = ({ headers }: Answer) => ({
  control: headers.get('cache-control'),
  channel: headers.get('x-cache-channel'),
  keys: headers.get('surrogate-key'),
  vary: headers.get('vary'),
})

test('what everybody gets names its tables, through views as well [34, 35, 59]', async () => {
  for (const q of ['select * from trees', 'select count(*) from shown']) {
    const answer = await get(q)
    expect(answer.status, answer.text).toBe(200)
    expect(cacheHeaders(answer)).toEqual({
      control: oneYear,
      channel: expect.stringMatching(/^\w+:public\.trees$/),
      keys: expect.stringMatching(/^t:.{6}$/),
      vary: 'Authorization',
    })
    expect(Date.parse(answer.headers.get('last-modified') ?? '')).toBeLessThanOrEqual(Date.now())
  }
  const both = await get('select * from trees, paths', '&api_key=default_public')
  expect(cacheHeaders(both)).toMatchObject({
    control: expect.stringMatching(/^no-cache,max-age=\d{1,3},must-revalidate,public$/),
    channel: expect.stringMatching(/:public\.paths,public\.trees$/),
  })
})

test('a change of the table is a change of Last-Modified', async () => {
  // Another text each time: what was found for one is remembered for a while.
  const changed = async (mark: string) =>
    Date.parse((await get(`select id from trees -- ${mark}`)).headers.get('last-modified') ?? '')
  const before = await changed('before')
  // The header counts in seconds.
  await runAsOwner(postern, owner, 'select pg_sleep(1.1)')
  await runAsOwner(postern, owner, 'insert into trees (id) values (2)')
  expect(await changed('after')).toBeGreaterThan(before)
})

test('persist is what it says, for what everybody gets', async () => {
  const persist = '&cache_policy=persist'
  const shared = await get('select * from trees', persist)
  expect(cacheHeaders(shared).control).toBe('public,max-age=31536000')
  const own = await get('select * from trees', persist, basic('owner', key))
  expect(cacheHeaders(own).control).toBe(neverShared)
})

test('what a key gets, what is posted, what writes and what fails is kept by nobody else', async () => {
  const q = 'select * from trees'
  const url = `${postern.url}/user/owner/api/v2/sql`
  for (const answer of [
    await get(q, `&api_key=${key}`),
    await get(q, '', basic('owner', owner.master_key)),
    await get('create table made as select 1', '', basic('owner', owner.master_key)),
    await send(url, { method: 'POST', body: new URLSearchParams({ q }) }),
    await get('explain select 1'),
  ]) {
    expect(answer.status, answer.text).toBe(200)
    expect(cacheHeaders(answer)).toEqual({
      control: neverShared,
      channel: null,
      keys: null,
      vary: 'Authorization',
    })
    expect(answer.headers.has('last-modified')).toBe(false)
  }
  for (const answer of [await get('select * from closed'), await get('select 1/0 as a')]) {
    expect([400, 403]).toContain(answer.status)
    expect(cacheHeaders(answer)).toMatchObject({ channel: null, vary: 'Authorization' })
    expect(answer.headers.get('cache-control') ?? '').not.toContain('public')
  }
})

test('no cache keeps an error, a script that tells one neither', async () => {
  for (const path of [
    '/user/owner/api/v2/sql?q=select+*+from+closed',
    `/user/owner/api/v2/sql?q=select+'a'::int&callback=show&api_key=${key}`,
    '/user/owner/api/v2/sql?q=select+1&api_key=none',
    '/user/nobody/api/v2/sql?q=select+1',
    '/user/owner/api/v3/api_keys',
    '/user/owner/v3/maps/default/table?name=closed',
    '/nothing/here',
  ]) {
    const answer = await send(`${postern.url}${path}`)
    expect([path, answer.headers.get('cache-control')]).toEqual([path, 'no-store'])
  }
})

test('a view over the catalogue is the catalogue [27]', async () => {
  const answer = await get('select * from catalogue')
  expect([answer.status, answer.json()]).toEqual([403, { error: ['system tables are forbidden'] }])
})
