import { compare, getSamples } from './compare.ts'
import { center, tables } from './create-tables.ts'
import { fetchBody, type HttpTarget, httpContender } from './http-contender.ts'
import { findPgbench, pgbenchContender } from './pgbench.ts'
import type { Figure, Section } from './section.ts'
import { type Setting, sessions } from './setting.ts'
import { median, medianRatio } from './statistics.ts'
import { drawTiles, type TileArea, tileArea } from './tile-area.ts'
import { maxFeatures, tileStatements } from './tile-statements.ts'

const zooms = [10, 12, 14]
const aim = 0.9
const differentTiles = 2_000

/** Where the rows of each table are dense: the width of a square around the middle, in metres. */
const layers = [
  { table: tables.points, width: 300_000 },
  { table: tables.polygons, width: 600_000 },
] as const

/** (c): vector tiles, one section per table and zoom. */
export async function* measureTiles(setting: Setting): AsyncGenerator<Section> {
  for (const { table, width } of layers) {
    for (const z of zooms) yield await measureLayer(setting, table, tileArea(z, center, width))
  }
}

async function measureLayer(
  setting: Setting,
  table: (typeof layers)[number]['table'],
  area: TileArea,
): Promise<Section> {
  const { profile, postern, token, bare, loader, backstage, login } = setting
  const tiles = drawTiles(area, area.z, differentTiles)
  const ours: HttpTarget = {
    name: 'Postern',
    port: postern.port,
    token,
    paths: tiles.map(
      ({ z, x, y }) => `/v3/maps/default/table/${z}/${x}/${y}?name=${table}&formatTiles=mvt`,
    ),
  }
  const other: HttpTarget = {
    name: 'node:http + pg',
    port: bare.port,
    paths: tiles.map(({ z, x, y }) => `/tile/${table}/${z}/${x}/${y}`),
  }
  const bytes = await expectSameTiles(ours, other)
  const path = await findPgbench(backstage)
  const statement = tileStatements[table]?.text ?? ''
  const direct =
    path === undefined
      ? undefined
      : pgbenchContender({
          path,
          environment: backstage.programEnvironment,
          login,
          connections: sessions,
          statement,
          area,
          maxFeatures,
        })
  const samples = await compare(
    [
      httpContender(loader, ours),
      httpContender(loader, other),
      ...(direct === undefined ? [] : [direct]),
    ],
    profile,
  )
  const mine = getSamples(samples, ours.name)
  const compared = (name: string): Figure & { ratio: number } => ({
    name,
    samples: getSamples(samples, name),
    ratio: medianRatio(mine, getSamples(samples, name)),
  })
  const bareFigure = compared(other.name)
  const directFigure = direct === undefined ? undefined : compared(direct.name)
  const what = `(c) ${table}, zoom ${area.z}`
  return {
    title: `${what}: vector tiles of ${profile.rows[table].toLocaleString('en')} rows`,
    explanation:
      `Random tiles where the rows are dense, ${bytes} bytes in the middle. ` +
      (direct === undefined ? 'pgbench is not installed here.' : ''),
    unit: 'tiles per second',
    figures: [
      { name: ours.name, samples: mine },
      bareFigure,
      ...(directFigure === undefined ? [] : [directFigure]),
    ],
    verdicts: [
      {
        what: `${what}, against ${other.name}`,
        measured:
          bareFigure.ratio.toFixed(2) +
          (directFigure === undefined ? '' : ` (${directFigure.ratio.toFixed(2)} of pgbench)`),
        aim: { sentence: `at least ${aim}`, isMet: bareFigure.ratio >= aim },
      },
    ],
  }
}

/** Compares some tiles byte by byte; returns their median size. */
async function expectSameTiles(one: HttpTarget, other: HttpTarget): Promise<number> {
  const sizes: number[] = []
  for (let index = 0; index < 9; index += 1) {
    const [mine, theirs] = await Promise.all([one, other].map((each) => fetchBody(each, index)))
    if (mine === undefined || theirs === undefined || !mine.equals(theirs)) {
      throw new Error(`${one.name} and ${other.name} draw ${one.paths[index]} differently.`)
    }
    sizes.push(mine.length)
  }
  return median(sizes)
}
