import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DocumentBlocks, paste, readBlocks } from './support/document-blocks.ts'
import { type Postern, startPostern } from './support/postern.ts'
import { createKey, send, sql } from './support/requests.ts'

// The first steps. What the README tells a person to paste is pasted block by block, in its order.

let postern: Postern
let readme: DocumentBlocks

beforeAll(async () => {
  postern = await startPostern()
  readme = await readBlocks('README.md', {
    '127.0.0.1:8080': `127.0.0.1:${postern.port}`,
    './data/': `${postern.dataDir}/`,
  })
})
afterAll(() => postern.stop())

test('the first 200, the key, its three readings, the first 403 and the deletion are as shown', async () => {
  const first = JSON.parse(
    await paste(readme.containing("'q=SELECT name, population FROM capitals")),
  )
  expect(first.total_rows).toBe(3)

  const created = JSON.parse(await paste(readme.containing('"name": "surveys reader"')))
  postern.keepSecret(created.token)
  const environment = { MASTER: postern.demo.master_key, TOKEN: created.token }

  const readings = readme.containing('export TOKEN=...').split('\n').slice(1)
  const [json, geojson, tilejson] = await Promise.all(
    readings.map(async (line) => JSON.parse(await paste(line, environment))),
  )
  expect(json.total_rows).toBe(1)
  expect(geojson.features).toHaveLength(25)
  expect(tilejson.tiles).toHaveLength(1)

  const refusals = readme.containing('DELETE FROM surveys').split('\n')
  const shown = refusals.filter((line) => line.startsWith('{'))
  const commands = refusals.filter((line) => line.startsWith('curl'))
  expect(commands).toHaveLength(2)
  for (const [index, command] of commands.entries()) {
    expect(await paste(command, environment)).toBe(shown[index])
  }

  const [command = '', ...answer] = readme.containing('-X DELETE').split('\n')
  const deleted = await paste(command, environment)
  for (const line of answer) {
    // The receipt's numbers are those of the moment.
    expect(deleted.replaceAll(/=\d+/g, '=N')).toContain(line.replaceAll(/=\d+/g, '=N'))
  }
})

test('every file that the README points to is there', async () => {
  const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
  const targets = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map((match) => match[1] ?? '')
  expect(targets.length).toBeGreaterThan(5)
  for (const target of targets) {
    await expect(readFile(new URL(`../${target}`, import.meta.url))).resolves.toBeDefined()
  }
})

test('a key that may select one table reads it as JSON, GeoJSON and tiles, and nothing else', async () => {
  const { demo, url } = postern
  const key = await createKey(postern, demo, {
    tables: [{ name: 'surveys', permissions: ['select'] }],
  })
  const rows = await sql(postern, 'demo', 'select * from surveys', key.token)
  expect(rows.status).toBe(200)
  expect(rows.json().total_rows).toBe(25)
  const geojson = await sql(postern, 'demo', 'select * from surveys', key.token, {
    format: 'geojson',
  })
  expect(geojson.json<{ features: unknown[] }>().features).toHaveLength(25)
  const tile = await fetch(`${url}/v3/maps/default/table/0/0/0?name=surveys&formatTiles=mvt`, {
    headers: { authorization: `Bearer ${key.token}` },
  })
  expect(tile.status).toBe(200)
  expect((await tile.arrayBuffer()).byteLength).toBeGreaterThan(500)

  const denied = await sql(postern, 'demo', 'delete from surveys', key.token)
  expect(denied.status).toBe(403)
  expect(denied.json()).toEqual({ error: ['permission denied for table surveys'] })
})

test('the line that is printed at the start works when it is pasted', async () => {
  const line = /^ {2}(curl .*)$/m.exec(postern.output())?.[1]
  expect(line).toBeDefined()
  const stdout = await paste(line ?? 'false')
  expect(JSON.parse(stdout).rows[0]).toEqual({ name: 'Beijing', population: 21893095 })
})

test('without a key the private table is refused', async () => {
  const answer = await send(
    `${postern.url}/user/demo/api/v2/sql?q=${encodeURIComponent('select * from surveys')}`,
  )
  expect(answer.status).toBe(403)
})
