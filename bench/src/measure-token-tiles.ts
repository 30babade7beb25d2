import { createCleanup } from './cleanup.ts'
import { compare, getSamples } from './compare.ts'
import { createAccessToken } from './create-access-token.ts'
import { center, createTables, tables } from './create-tables.ts'
import { type HttpTarget, httpContender } from './http-contender.ts'
import { openBackstage } from './open-backstage.ts'
import type { Section } from './section.ts'
import type { Setting } from './setting.ts'
import { startPostern } from './start-postern.ts'
import { median, medianRatio } from './statistics.ts'
import { drawTiles, tileArea } from './tile-area.ts'

const zooms = [10, 12, 14]
const uncachedAim = 0.9
/** 15,000 a second, where a bare server sends a constant 60,000 times a second. */
const cachedAim = 0.25
const differentTiles = { uncached: 2_000, cached: 50 }
const width = 300_000

/** (h): tiles through an access token, made each time, and sent from memory. */
export async function* measureTokenTiles(setting: Setting): AsyncGenerator<Section> {
  const token = await createAccessToken(setting.postern, [tables.points])
  for (const z of zooms) yield await measureUncached(setting, token, z)

  // The same again, with what every server has: tiles in memory.
  const cleanup = createCleanup((error) => console.error(`Not everything was cleaned up: ${error}`))
  try {
    const postern = await startPostern(cleanup)
    const backstage = await openBackstage(postern.dataDir, cleanup)
    await createTables(await backstage.loginOf(postern.masterKey), setting.profile.rows)
    const cachedToken = await createAccessToken(postern, [tables.points])
    for (const z of zooms) yield await measureCached(setting, postern.port, cachedToken, z)
  } finally {
    await cleanup.run()
  }
}

function pathsAt(z: number, count: number): { ours: string[]; bare: string[] } {
  const drawn = drawTiles(tileArea(z, center, width), z, count)
  return {
    ours: drawn.map(
      (tile) =>
        `/v3/maps/default/table/${tile.z}/${tile.x}/${tile.y}?name=public.${tables.points}&formatTiles=mvt`,
    ),
    bare: drawn.map((tile) => `/tile/${tables.points}/${tile.z}/${tile.x}/${tile.y}`),
  }
}

async function measureUncached(
  { profile, postern, bare, loader }: Setting,
  token: string,
  z: number,
): Promise<Section> {
  const paths = pathsAt(z, differentTiles.uncached)
  const ours: HttpTarget = { name: 'Postern', port: postern.port, token, paths: paths.ours }
  const other: HttpTarget = { name: 'node:http + pg', port: bare.port, paths: paths.bare }
  const samples = await compare(
    [httpContender(loader, ours), httpContender(loader, other)],
    profile,
  )
  const mine = getSamples(samples, ours.name)
  const ratio = medianRatio(mine, getSamples(samples, other.name))
  return {
    title: `(h) zoom ${z}: tiles through an access token, made each time`,
    explanation: 'Random tiles of points where they are dense; nothing is kept.',
    unit: 'tiles per second',
    figures: [
      { name: ours.name, samples: mine },
      { name: other.name, samples: getSamples(samples, other.name), ratio },
    ],
    verdicts: [
      {
        what: `(h) zoom ${z} made each time, against ${other.name}`,
        measured: ratio.toFixed(2),
        aim: { sentence: `at least ${uncachedAim}`, isMet: ratio >= uncachedAim },
      },
    ],
  }
}

async function measureCached(
  { profile, bare, loader }: Setting,
  port: number,
  token: string,
  z: number,
): Promise<Section> {
  const { ours: paths } = pathsAt(z, differentTiles.cached)
  const ours: HttpTarget = { name: 'Postern', port, token, paths, acceptsGzip: true }
  const bytes = await medianBytes(ours)
  const other: HttpTarget = {
    name: 'node:http, constant',
    port: bare.port,
    paths: [`/constant/${bytes}`],
  }
  const samples = await compare(
    [httpContender(loader, ours), httpContender(loader, other)],
    profile,
  )
  const mine = getSamples(samples, ours.name)
  const ratio = medianRatio(mine, getSamples(samples, other.name))
  return {
    title: `(h) zoom ${z}: tiles through an access token, from memory`,
    explanation: `${differentTiles.cached} tiles again and again, against a bare server that sends ${bytes} constant bytes.`,
    unit: 'tiles per second',
    figures: [
      { name: ours.name, samples: mine },
      { name: other.name, samples: getSamples(samples, other.name), ratio },
    ],
    verdicts: [
      {
        what: `(h) zoom ${z} from memory, against ${other.name}`,
        measured: `${ratio.toFixed(2)} (${median(mine).toFixed(0)} per second)`,
        aim: { sentence: `at least ${cachedAim}`, isMet: ratio >= cachedAim },
      },
    ],
  }
}

/** As they are sent: compressed. */
async function medianBytes({ port, token, paths }: HttpTarget): Promise<number> {
  const sizes: number[] = []
  for (const path of paths.slice(0, 9)) {
    const response = await fetch(`http://127.0.0.1:${port}${path}`, {
      headers: { authorization: `Bearer ${token}`, 'accept-encoding': 'gzip' },
    })
    if (response.status !== 200) throw new Error(`A tile was answered ${response.status}.`)
    await response.arrayBuffer()
    sizes.push(Number(response.headers.get('content-length') ?? 0))
  }
  return median(sizes)
}
