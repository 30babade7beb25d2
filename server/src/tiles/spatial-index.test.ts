import * as fc from 'fast-check'
import * as h3 from 'h3-js'
import * as quadbin from 'quadbin'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readInSession } from '../../test/run-in-session.ts'
import { createTestWarehouse, type TestWarehouse } from '../../test/warehouse-database.ts'
import type { Session } from '../warehouse/session.ts'
import {
  type Cell,
  cellSql,
  formatCell,
  type IndexScheme,
  maxResolutionOf,
  parentSql,
  parseCell,
  rangesWithin,
  resolutionSql,
} from './spatial-index.ts'

const longitudes = fc.double({ min: -179.99, max: 179.99, noNaN: true })
const latitudes = fc.double({ min: -85, max: 85, noNaN: true })

/** What the schemes' own libraries say. */
const references = {
  h3: {
    cellAt: (longitude: number, latitude: number, resolution: number) =>
      h3.latLngToCell(latitude, longitude, resolution),
    parentOf: (cell: string, resolution: number) => h3.cellToParent(cell, resolution),
  },
  quadbin: {
    cellAt(longitude: number, latitude: number, resolution: number) {
      const tiles = 2 ** resolution
      const sine = Math.sin((latitude * Math.PI) / 180)
      const x = Math.floor((longitude / 360 + 0.5) * tiles)
      const y = Math.floor((0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * tiles)
      return quadbin.tileToCell({ x, y, z: resolution }).toString(16)
    },
    parentOf(cell: string, resolution: number) {
      let parent = BigInt(`0x${cell}`)
      while (Number(quadbin.getResolution(parent)) > resolution) {
        parent = quadbin.cellToParent(parent)
      }
      return parent.toString(16)
    },
  },
} as const satisfies Record<IndexScheme, unknown>

function cellsOf(scheme: IndexScheme): fc.Arbitrary<{ cell: string; resolution: number }> {
  return fc
    .record({
      longitude: longitudes,
      latitude: latitudes,
      resolution: fc.integer({ min: 0, max: maxResolutionOf(scheme) }),
    })
    .map(({ longitude, latitude, resolution }) => ({
      cell: references[scheme].cellAt(longitude, latitude, resolution),
      resolution,
    }))
}

function read(scheme: IndexScheme, text: string): Cell {
  const cell = parseCell(scheme, text)
  if (cell === undefined) throw new Error(`${text} should be a cell.`)
  return cell
}

const holds = (cell: Cell, other: string) =>
  rangesWithin(cell).some(
    ([low, high]) => low <= BigInt(`0x${other}`) && BigInt(`0x${other}`) <= high,
  )

describe.each(['h3', 'quadbin'] as const)('%s', (scheme) => {
  const { parentOf } = references[scheme]

  it('reads every cell of the library, and its resolution', () => {
    void fc.assert(
      fc.property(cellsOf(scheme), ({ cell, resolution }) => {
        expect(read(scheme, cell)).toMatchObject({ scheme, resolution })
        expect(formatCell(read(scheme, cell))).toBe(cell)
      }),
    )
  })

  it('finds the cells within a cell, and no others, in its ranges', () => {
    void fc.assert(
      fc.property(cellsOf(scheme), cellsOf(scheme), fc.nat(), (one, other, step) => {
        const coarser = step % (one.resolution + 1)
        const parent = read(scheme, parentOf(one.cell, coarser))
        expect(holds(parent, one.cell)).toBe(true)
        const isWithin =
          other.resolution >= coarser && parentOf(other.cell, coarser) === formatCell(parent)
        expect(holds(parent, other.cell)).toBe(isWithin)
      }),
    )
  })

  it.each([
    '',
    'abc',
    '0',
    '1/0/0',
    'fffffffffffffff',
    'ffffffffffffffff',
    '7fffffffffffffff',
    '000000000000000',
    'zzzzzzzzzzzzzzz',
  ])('takes %j for no cell', (text) => {
    expect(parseCell(scheme, text)).toBeUndefined()
  })
})

it('takes no cell of one scheme for one of the other, nor a cell with digits that none has', () => {
  const inH3 = h3.latLngToCell(40.4, -3.7, 7)
  const inQuadbin = quadbin.tileToCell({ x: 3, y: 4, z: 5 }).toString(16)
  expect(parseCell('quadbin', inH3)).toBeUndefined()
  expect(parseCell('h3', inQuadbin)).toBeUndefined()
  // A base cell above 121, the digit 7 inside, a digit where there should be none.
  for (const text of ['81ffbffffffffff', '827fffffffffff0', '823ffffffffffff']) {
    expect(parseCell('h3', text), text).toBeUndefined()
  }
})

describe('in SQL', () => {
  let warehouse: TestWarehouse
  let session: Session

  beforeAll(async () => {
    warehouse = await createTestWarehouse()
    session = await warehouse.open(await warehouse.createRole())
  })
  afterAll(async () => {
    warehouse.endSessions()
    await warehouse.close()
  })

  it.each(['h3', 'quadbin'] as const)('parents of %s are those of the library', async (scheme) => {
    const samples = fc.sample(cellsOf(scheme), { numRuns: 200, seed: 4 })
    const cases = samples.flatMap(({ cell, resolution }) =>
      [0, 1, resolution, Math.floor(resolution / 2), maxResolutionOf(scheme)].map((wanted) => ({
        cell,
        resolution,
        wanted,
        parent: references[scheme].parentOf(cell, Math.min(wanted, resolution)),
      })),
    )
    const parts = cases.map(({ cell, wanted }) => {
      const asText = parentSql(scheme, cellSql(`'${cell}'::pg_catalog.text`, 'text'), wanted)
      const number = `'${BigInt(`0x${cell}`)}'::pg_catalog.int8`
      return `pg_catalog.to_hex(${asText}) || ' ' || pg_catalog.to_hex(${parentSql(scheme, number, wanted)}) || ' ' || ${resolutionSql(scheme, number)}`
    })
    const answer = await readInSession(
      session,
      `select pg_catalog.json_agg(one)::text from (values ${parts.map((part) => `(${part})`).join(', ')}) as v (one)`,
    )
    expect(JSON.parse(answer ?? 'null')).toEqual(
      cases.map(({ parent, resolution }) => `${parent} ${parent} ${resolution}`),
    )
  })
})
