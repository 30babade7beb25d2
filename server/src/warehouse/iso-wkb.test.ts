import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { openTestDatabase } from '../../test/control-database.ts'
import type { Database } from '../store/database.ts'
import { isoWkb } from './iso-wkb.ts'

// What PostGIS says is what it has to be.

let database: Database

beforeAll(async () => {
  const maintenance = openTestDatabase({ ...inject('cluster'), database: 'postgres' })
  const name = 'iso_wkb_test'
  await maintenance.query(`drop database if exists ${name} with (force)`)
  await maintenance.query(`create database ${name} template template0`)
  await maintenance.end()
  database = openTestDatabase({ ...inject('cluster'), database: name })
  await database.query('create extension postgis')
})
afterAll(async () => {
  await database.end()
  const maintenance = openTestDatabase({ ...inject('cluster'), database: 'postgres' })
  await maintenance.query('drop database iso_wkb_test with (force)')
  await maintenance.end()
})

const texts = [
  'POINT(1 2)',
  'POINT EMPTY',
  'POINT Z (1 2 3)',
  'POINT M (1 2 3)',
  'POINT ZM (1 2 3 4)',
  'LINESTRING(1 2,3 4,5 6)',
  'POLYGON Z ((0 0 1,1 0 1,1 1 1,0 0 1),(0.1 0.1 1,0.2 0.1 1,0.2 0.2 1,0.1 0.1 1))',
  'MULTIPOINT M ((1 2 3),(4 5 6))',
  'MULTIPOLYGON(((0 0,1 0,1 1,0 0)),((2 2,3 2,3 3,2 2)))',
  'GEOMETRYCOLLECTION ZM (POINT ZM (1 2 3 4),MULTILINESTRING ZM ((1 2 3 4,5 6 7 8)))',
  'GEOMETRYCOLLECTION EMPTY',
  'CIRCULARSTRING(0 0,1 1,2 0)',
  'CURVEPOLYGON(COMPOUNDCURVE(CIRCULARSTRING(0 0,1 1,2 0),(2 0,0 0)))',
  'TIN(((0 0,1 0,1 1,0 0)))',
  'POLYHEDRALSURFACE Z (((0 0 0,0 1 0,1 1 0,0 0 0)))',
]

test.each(texts)('%s is what PostGIS makes of it', async (text) => {
  for (const byteOrder of ['NDR', 'XDR']) {
    for (const srid of [0, 4326, 999_999]) {
      const { rows } = await database.query<{ ewkb: Buffer; wkb: Buffer }>(
        `select st_asewkb(g, $3) as ewkb, st_asbinary(g, $3) as wkb
         from (select st_setsrid($1::geometry, $2::int) as g) as made`,
        [text, srid, byteOrder],
      )
      const row = rows[0]
      const made = isoWkb(row?.ewkb ?? Buffer.alloc(0))
      expect(made.wkb.toString('hex')).toBe(row?.wkb.toString('hex'))
      expect(made.srid).toBe(srid === 0 ? undefined : srid)
      expect(made.type).toBe(
        byteOrder === 'NDR' ? row?.wkb.readUInt32LE(1) : row?.wkb.readUInt32BE(1),
      )
    }
  }
})

test('bytes that end too early are an error', () => {
  expect(() => isoWkb(Buffer.from('0102000000', 'hex'))).toThrow(RangeError)
})
