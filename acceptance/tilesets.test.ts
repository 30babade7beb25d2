import { vectorTilesetSource } from '@carto/api-client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { runAsOwner } from './support/populate-account.ts'
import { type AccountCredentials, type Postern, sleep, startPostern } from './support/postern.ts'
import { createKey, send } from './support/requests.ts'
import { featuresOf, getWire, tileUrl } from './support/tiles.ts'
import { createToken, on } from './support/tokens-api.ts'

const patiently = { timeout: 480_000 }

let postern: Postern
let owner: AccountCredentials

beforeAll(async () => {
  postern = await startPostern()
  owner = postern.demo
})
afterAll(() => postern.stop())

const create = (...args: string[]) =>
  postern.run('tileset', 'create', args[0] ?? '', '--account', 'demo', ...args.slice(1))

test('is made by the command line and served to whoever may select it', patiently, async () => {
  const made = await create(
    'of_capitals',
    '--from',
    'capitals',
    '--max-zoom',
    '3',
    '--columns',
    'name',
  )
  expect(made.code, made.stderr).toBe(0)
  expect(made.stdout).toMatch(/^Made of_capitals of \d+ tiles\.\n$/)
  expect(made.stderr).toContain('zoom 3: 100 %')

  const token = await createToken(postern, owner, {
    allowed_apis: ['maps'],
    grants: on('public.of_capitals'),
  })
  const source = await vectorTilesetSource({
    accessToken: token.token,
    apiBaseUrl: postern.url,
    connectionName: 'default',
    tableName: 'public.of_capitals',
  })
  expect(source).toMatchObject({ minzoom: 0, maxzoom: 3, bounds: expect.any(Array) })
  const map = await send(`${postern.url}/v3/maps/default/tileset?name=of_capitals`, {
    headers: { authorization: `Bearer ${token.token}` },
  })
  const nrows = map.json<{ nrows: number }>().nrows
  expect(`Made of_capitals of ${nrows} tiles.\n`).toBe(made.stdout)
  const browsed = await send(`${postern.url}/v3/connections/default/resources/public`, {
    headers: { authorization: `Bearer ${owner.master_key}` },
  })
  const types = browsed.json<{ children: { name: string; type: string }[] }>().children
  expect(types.find(({ name }) => name === 'of_capitals')?.type).toBe('tileset')
  expect(types.find(({ name }) => name === 'capitals')?.type).toBe('table')
  const [template = ''] = source.tiles
  const authorization = `Bearer ${token.token}`
  const world = tileUrl(template, { z: 0, x: 0, y: 0 })
  const plain = await getWire(world, { authorization })
  expect(plain.headers['content-encoding']).toBeUndefined()
  const features = featuresOf(plain.body)
  expect(features).toHaveLength(197)
  expect(Object.keys(features[0]?.properties ?? {})).toEqual(['name'])
  // Stored compressed, and sent so to whoever takes it.
  const zipped = await getWire(world, { authorization, 'accept-encoding': 'gzip' })
  expect(zipped.headers['content-encoding']).toBe('gzip')
  expect(zipped.body.length).toBeLessThan(plain.body.length)
  expect((await getWire(tileUrl(template, { z: 3, x: 0, y: 7 }), { authorization })).status).toBe(
    204,
  )
  expect((await getWire(tileUrl(template, { z: 9, x: 0, y: 0 }), { authorization })).status).toBe(
    204,
  )

  const stranger = await createKey(postern, owner, { tables: [] })
  const other = await createToken(postern, owner, {
    allowed_apis: ['maps'],
    grants: on('public.capitals'),
  })
  for (const bearer of [stranger.token, other.token]) {
    const refused = await send(world, { headers: { authorization: `Bearer ${bearer}` } })
    expect(refused.status).toBe(403)
  }
})

test(
  'is made by a server in the background, and keeps its grants when it is made anew',
  patiently,
  async () => {
    const queue = (query: string) =>
      create('of_query', '--query', query, '--max-zoom', '2', '--background')
    const untilDone = async (count: number) => {
      for (let waited = 0; waited < 60_000; waited += 250) {
        const { stdout } = await postern.run('tileset', 'list', '--account', 'demo', '--json')
        const builds = JSON.parse(stdout) as { state: string; error: string | null }[]
        expect(builds.map(({ error }) => error).filter((error) => error !== null)).toEqual([])
        if (builds.filter(({ state }) => state === 'done').length === count) return
        await sleep(250)
      }
      throw new Error('The tileset was not made within a minute.')
    }
    const first = await queue(`select name, the_geom from capitals where name = 'Madrid'`)
    expect(first.code, first.stderr).toBe(0)
    await untilDone(1)
    const key = await createKey(postern, owner, {
      tables: [{ name: 'of_query', permissions: ['select'] }],
    })
    const namesIn = async () => {
      const url = `${postern.url}/v3/maps/default/tileset/0/0/0?name=of_query`
      const { body } = await getWire(url, { authorization: `Bearer ${key.token}` })
      return featuresOf(body).map(({ properties }) => properties.name)
    }
    expect(await namesIn()).toEqual(['Madrid'])
    expect((await queue(`select name, the_geom from capitals where name = 'Paris'`)).code).toBe(0)
    await untilDone(2)
    expect(await namesIn()).toEqual(['Paris'])
  },
)

test('says what is wrong with it at once', patiently, async () => {
  await runAsOwner(postern, owner, 'create table not_tiles (z int)')
  const wrong = async (...args: string[]) => {
    const { code, stderr } = await create(...args, '--max-zoom', '1', '--background')
    expect(code).toBe(1)
    return stderr
  }
  expect(await wrong('a')).toMatch(/--from TABLE or --query SQL/)
  expect(await wrong('a', '--from', 'absent')).toMatch(/permissions to read/)
  expect(await wrong('not_tiles', '--from', 'capitals')).toMatch(
    /is there already, and is no tileset/,
  )
  const headers = { authorization: `Bearer ${owner.master_key}` }
  for (const name of ['not_tiles', 'capitals']) {
    const answer = await send(`${postern.url}/v3/maps/default/tileset?name=${name}`, { headers })
    expect([answer.status, answer.json()]).toEqual([
      400,
      { error: 'The table is no tileset.', status: 400 },
    ])
  }
})
