import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Postern, startPostern } from './support/postern.ts'
import { createKey, send, sql } from './support/requests.ts'

let postern: Postern

beforeAll(async () => {
  postern = await startPostern()
})
afterAll(() => postern.stop())

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
  const { stdout } = await promisify(execFile)('sh', ['-c', line ?? 'false'])
  expect(JSON.parse(stdout).rows[0]).toEqual({ name: 'Beijing', population: 21893095 })
})

test('without a key the private table is refused', async () => {
  const answer = await send(
    `${postern.url}/user/demo/api/v2/sql?q=${encodeURIComponent('select * from surveys')}`,
  )
  expect(answer.status).toBe(403)
})
