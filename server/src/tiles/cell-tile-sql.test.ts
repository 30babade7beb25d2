import * as h3 from 'h3-js'
import * as quadbin from 'quadbin'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createTestWarehouse, type TestWarehouse } from '../../test/warehouse-database.ts'
import { readJson } from '../warehouse/read-value.ts'
import type { Session } from '../warehouse/session.ts'
import { type CellColumn, type CellSource, cellTileStatement } from './cell-tile-sql.ts'
import { findTileResolutions, makeCellTile } from './make-cell-tile.ts'
import { type Cell, parseCell } from './spatial-index.ts'

let warehouse: TestWarehouse
let session: Session

type Row = { readonly h3: string; readonly quadbin: bigint; readonly n: number }

const h3Resolution = 8
const quadbinZoom = 15
/** Points around Madrid, each with its cell in both schemes. */
const rows: Row[] = Array.from({ length: 3_000 }, (_, index) => {
  const longitude = -3.7 + ((index * 37) % 1_000) / 500 - 1
  const latitude = 40.4 + ((index * 91) % 1_000) / 500 - 1
  const tiles = 2 ** quadbinZoom
  const sine = Math.sin((latitude * Math.PI) / 180)
  return {
    h3: h3.latLngToCell(latitude, longitude, h3Resolution),
    quadbin: quadbin.tileToCell({
      x: Math.floor((longitude / 360 + 0.5) * tiles),
      y: Math.floor((0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * tiles),
      z: quadbinZoom,
    }),
    n: index,
  }
})

const columns = {
  h3: { name: 'h3', scheme: 'h3', encoding: 'text' },
  h3int: { name: 'h3int', scheme: 'h3', encoding: 'number' },
  quadbin: { name: 'quadbin', scheme: 'quadbin', encoding: 'number' },
} as const satisfies Record<string, CellColumn>

beforeAll(async () => {
  warehouse = await createTestWarehouse()
  const { superuser } = warehouse
  await superuser.query('create table cells (h3 text, h3int bigint, quadbin bigint, n int)')
  await superuser.query(
    'insert into cells select * from unnest($1::text[], $2::bigint[], $3::bigint[], $4::int[])',
    [
      rows.map((row) => row.h3),
      rows.map((row) => BigInt(`0x${row.h3}`).toString()),
      rows.map((row) => row.quadbin.toString()),
      rows.map((row) => row.n),
    ],
  )
  for (const column of ['h3', 'h3int', 'quadbin']) {
    await superuser.query(`create index on cells (${column})`)
  }
  await superuser.query('analyze cells')
  session = await warehouse.open(await warehouse.createRole('superuser'), { keepsState: true })
})
afterAll(async () => {
  warehouse.endSessions()
  await warehouse.close()
})

function sourceOf(
  column: CellColumn,
  levels: number,
  changes: Partial<CellSource> = {},
): CellSource {
  return {
    from: 'public.cells',
    values: [],
    filter: undefined,
    isOurs: true,
    postgisSchema: 'postgis',
    column,
    properties: [
      { name: 'count', sql: 'pg_catalog.count(*)' },
      { name: 'the "sum"', sql: 'pg_catalog.sum(source.n)' },
    ],
    levels,
    ...changes,
  }
}

function read(scheme: 'h3' | 'quadbin', text: string): Cell {
  const cell = parseCell(scheme, text)
  if (cell === undefined) throw new Error(`${text} should be a cell.`)
  return cell
}

function quadbinParent(cell: bigint, zoom: number): bigint {
  let parent = cell
  while (Number(quadbin.getResolution(parent)) > zoom) parent = quadbin.cellToParent(parent)
  return parent
}

const parents = {
  h3: (row: Row, resolution: number) => h3.cellToParent(row.h3, resolution),
  quadbin: (row: Row, resolution: number) => quadbinParent(row.quadbin, resolution).toString(16),
}

/** What JavaScript and the schemes' own libraries make of the same rows. */
function expected(scheme: 'h3' | 'quadbin', tile: string, resolution: number, of = rows) {
  const cells = new Map<string, { count: number; 'the "sum"': number }>()
  const parentOf = parents[scheme]
  const tileResolution = read(scheme, tile).resolution
  for (const row of of) {
    if (parentOf(row, tileResolution) !== tile) continue
    const id = parentOf(row, resolution)
    const { count = 0, 'the "sum"': sum = 0 } = cells.get(id) ?? {}
    cells.set(id, { count: count + 1, 'the "sum"': sum + row.n })
  }
  return [...cells].map(([id, properties]) => ({ id, properties }))
}

const byId = (a: { id: string }, b: { id: string }) => (a.id < b.id ? -1 : 1)

it.each([
  ['h3', 2, 4, 6],
  ['h3int', 4, 2, 6],
  ['h3int', 5, 9, 8],
  ['quadbin', 6, 6, 12],
  ['quadbin', 10, 6, 15],
] as const)(
  '%s at resolution %i, %i finer, are the sums of %i',
  async (name, at, levels, gathered) => {
    const column = columns[name]
    const tiles = new Set(rows.map((row) => parents[column.scheme](row, at)))
    let count = 0
    for (const tile of [...tiles].slice(0, 12)) {
      const source = sourceOf(column, levels)
      const bytes = await makeCellTile(session, source, read(column.scheme, tile), 20_000)
      const cells: { id: string; properties: { count: number } }[] = JSON.parse(String(bytes))
      expect(cells.sort(byId)).toEqual(expected(column.scheme, tile, gathered).sort(byId))
      count += cells.length
    }
    expect(count).toBeGreaterThan(10)
  },
)

it('takes a filter and values of the source', async () => {
  const source = sourceOf(columns.h3, 3, {
    from: '(select * from public.cells where n >= $1)',
    values: ['1000', '2000'],
    filter: 'source.n < $2',
    isOurs: false,
  })
  const tile = parents.h3(rows[1_500] ?? { h3: '', quadbin: 0n, n: 0 }, 3)
  const bytes = await makeCellTile(session, source, read('h3', tile), 20_000)
  const cells: { id: string }[] = JSON.parse(String(bytes))
  const chosen = rows.filter((row) => row.n >= 1_000 && row.n < 2_000)
  expect(cells.sort(byId)).toEqual(expected('h3', tile, 6, chosen).sort(byId))
})

it('has nothing where nothing lies', async () => {
  const tile = read('h3', h3.latLngToCell(-40, 150, 3))
  expect(await makeCellTile(session, sourceOf(columns.h3, 3), tile, 20_000)).toHaveLength(0)
})

it.each(['h3', 'h3int', 'quadbin'] as const)('answers from the index on %s', async (name) => {
  const column = columns[name]
  const row = rows[7]
  if (row === undefined) throw new Error('There is no row.')
  const tile = read(column.scheme, parents[column.scheme](row, column.scheme === 'h3' ? 7 : 13))
  const { text, values = [] } = cellTileStatement(sourceOf(column, 1), tile, 20_000)
  const plan = await readJson(session, { text: `explain (format json) ${text}`, values })
  expect(JSON.stringify(plan)).toContain(`cells_${name}_idx`)
})

it('says which tiles are of use', async () => {
  expect(await findTileResolutions(session, sourceOf(columns.h3int, 4))).toEqual({ min: 0, max: 4 })
  expect(await findTileResolutions(session, sourceOf(columns.quadbin, 6))).toEqual({
    min: 0,
    max: 9,
  })
})
