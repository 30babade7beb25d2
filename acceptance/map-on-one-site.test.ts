import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type DocumentBlocks, paste, readBlocks } from './support/document-blocks.ts'
import { launchChromium, newContext } from './support/launch-chromium.ts'
import {
  buildExample,
  type Received,
  type Site,
  serveExample,
  type Watch,
  watch,
} from './support/map-page.ts'
import { compareWithPicture, type Dot, placeOnPicture } from './support/map-picture.ts'
import { type Postern, startPostern } from './support/postern.ts'
import { sql } from './support/requests.ts'
import type { AccessToken } from './support/tokens-api.ts'

// The example of docs/how-to/a-map-on-one-site.md in a real browser, with the token that the document
// tells to make. What the page draws is read off its pixels.

// As examples/token-map draws it, in a window of this size.
const view = { longitude: 15, latitude: 30, zoom: 2, width: 640, height: 400 }
const windowSize = { width: 640, height: 500 }
const ground = [242, 239, 233] as const
const layers = {
  capitals: { colour: [33, 102, 172], radiusPixels: 4 },
  surveys: { colour: [214, 96, 32], radiusPixels: 7 },
} as const
const patience = { timeout: 60_000, interval: 500 }
type Place = { readonly name: string; readonly longitude: number; readonly latitude: number }
type Capital = Place & { readonly population: number }

let postern: Postern
let browser: Browser
let context: BrowserContext
let siteDir: string
let site: Site
let otherSite: Site
let howTo: DocumentBlocks
let token: AccessToken
let capitals: readonly Capital[]
let surveys: readonly Place[]
let page: Page
let watched: Watch
let environment: Record<string, string>

beforeAll(async () => {
  siteDir = await mkdtemp(join(tmpdir(), 'postern-site-'))
  ;[postern] = await Promise.all([startPostern(), buildExample(siteDir)])
  ;[site, otherSite] = await Promise.all([serveExample(siteDir), serveExample(siteDir)])
  howTo = await readBlocks('docs/how-to/a-map-on-one-site.md', {
    'http://127.0.0.1:8080': postern.url,
    'http://127.0.0.1:5173': site.origin,
    'http://127.0.0.1:5174': otherSite.origin,
    './data/': `${postern.dataDir}/`,
    'examples/token-map/public/': `${siteDir}/`,
  })
  token = JSON.parse(await paste(howTo.containing('"name": "map on'))) as AccessToken
  postern.keepSecret(token.token)
  environment = { MASTER: postern.demo.master_key, TOKEN: token.token, ID: token.id }
  const [exportToken, ...giveIt] = howTo.containing('settings.json').split('\n')
  expect(exportToken).toBe('export TOKEN=...')
  await paste(giveIt.filter((line) => !line.startsWith('npm')).join('\n'), environment)
  capitals = await select<Capital>(
    'select name, population, st_x(the_geom) as longitude, st_y(the_geom) as latitude from capitals',
  )
  surveys = await select<Place>(
    `select 'survey of ' || visited_on as name, st_x(the_geom) as longitude,
       st_y(the_geom) as latitude
     from surveys where visited_on >= '2025-06-01'`,
  )
  browser = await launchChromium()
  // One cache for all pages, as in one person's browser.
  context = await newContext(browser, { viewport: windowSize })
  page = await context.newPage()
  watched = watch(page)
}, 300_000)
afterAll(async () => {
  await browser?.close()
  await Promise.all([site?.close(), otherSite?.close()])
  await postern.stop()
  await rm(siteDir, { recursive: true, force: true })
})

test('on its site, a page draws the table and the query that its token opens, and fills widgets', async () => {
  await page.goto(site.origin)
  const dots: Dot[] = [
    ...capitals.map((capital) => ({ ...capital, layer: layers.capitals })),
    ...surveys.map((survey) => ({ ...survey, layer: layers.surveys })),
  ]
  expect(capitals.filter(isInView).length).toBeGreaterThan(80)
  expect(surveys.filter(isInView).length).toBeGreaterThan(5)
  await expect
    .poll(async () => compareWithPicture(await pictureOf(page), view, ground, dots), patience)
    .toEqual({ missing: [], strayPixels: 0 })

  const people = capitals.filter(isInView).reduce((sum, { population }) => sum + population, 0)
  await expect
    .poll(() => page.locator('dd').allTextContents(), patience)
    .toEqual([people.toLocaleString('en'), String(surveys.filter(isInView).length)])
  expect(await page.locator('#problem').textContent()).toBe('')

  expect(watched.failures).toEqual([])
  expect(watched.answers.filter(({ status }) => status !== 200 && status !== 204)).toEqual([])
  expect(watched.answers.filter(isTile).length).toBeGreaterThanOrEqual(8)
  // Nothing comes from anywhere else.
  for (const { url } of watched.answers) {
    expect([site.origin, postern.url]).toContain(originOf(url))
  }
})

test('on another site, the same page is refused everything, draws nothing and says why', async () => {
  const other = await context.newPage()
  const { answers } = watch(other)
  await other.goto(otherSite.origin)
  await expect
    .poll(() => other.locator('#problem').textContent(), patience)
    .toBe('Unauthorized referer')
  // Not even tiles whose addresses it knows, which this browser has in its cache.
  const known = watched.answers.filter(isTile).map(({ url }) => url)
  const told = await other.evaluate(
    ([urls, authorization]) =>
      Promise.all(
        urls.map(async (url) => (await fetch(url, { headers: { authorization } })).text()),
      ),
    [known, `Bearer ${token.token}`] as const,
  )
  expect(new Set(told)).toEqual(new Set(['{"error":"Unauthorized referer","status":403}']))
  const statuses = () => fromPostern(answers).map(({ status }) => status)
  await expect.poll(() => statuses().length, patience).toBeGreaterThanOrEqual(known.length + 2)
  expect(new Set(statuses())).toEqual(new Set([403]))
  await expect
    .poll(async () => compareWithPicture(await pictureOf(other), view, ground, []), patience)
    .toEqual({ missing: [], strayPixels: 0 })
  expect(await other.locator('dd').allTextContents()).toEqual(['', ''])
  await other.close()
})

test('what the document says that others are told is what they are told', async () => {
  for (const text of [otherSite.origin, 'name=public.surveys', 'note FROM']) {
    const lines = howTo.containing(text).split('\n\n')
    const [command = '', answer] = lines.find((part) => part.includes(text))?.split('\n{') ?? []
    expect(await paste(command, environment)).toBe(`{${answer}`)
  }
})

test('the code that the document shows is that of the page', async () => {
  const code = await readFile(new URL('../examples/token-map/draw-map.js', import.meta.url), 'utf8')
  const shown = howTo.containing('vectorTableSource').split('\n')
  expect(shown.filter((line) => !code.includes(line.trim()))).toEqual([])
})

test('the next tile of an open page fails once its token is deleted', async () => {
  const before = fromPostern(watched.answers).length
  await paste(howTo.containing('-X DELETE'), environment)
  await page.locator('canvas.maplibregl-canvas').press('=')
  const since = () => fromPostern(watched.answers).slice(before)
  await expect.poll(() => since().filter(isTile).length, patience).toBeGreaterThan(0)
  expect(new Set(since().map(({ status }) => status))).toEqual(new Set([401]))
  await expect
    .poll(() => page.locator('#problem').textContent(), patience)
    .toContain('Unauthorized')
})

const isInView = (place: Place) => placeOnPicture(view, place).isVisible
const pictureOf = (shown: Page) => shown.locator('#map').screenshot({ type: 'png' })
const originOf = (url: string) => new URL(url.replace(/^blob:/, '')).origin
const isTile = ({ url }: Received) => /\/(table|query)\/\d+\/\d+\/\d+\?/.test(url)
const fromPostern = (answers: readonly Received[]) =>
  answers.filter(({ url }) => originOf(url) === postern.url)

async function select<Row>(q: string): Promise<readonly Row[]> {
  const answer = await sql(postern, 'demo', q, postern.demo.master_key)
  return answer.json<{ rows: readonly Row[] }>().rows
}
