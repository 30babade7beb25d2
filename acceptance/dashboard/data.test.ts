import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { authApi } from '../support/auth-api.ts'
import { type Dashboard, openDashboard, signInAsOwner } from '../support/dashboard.ts'
import { compareWithPicture, type Dot, placeOnPicture } from '../support/map-picture.ts'
import { runAsOwner } from '../support/populate-account.ts'
import { type Postern, startPostern } from '../support/postern.ts'
import { send, sql } from '../support/requests.ts'
import { openSuperuser } from '../support/superuser.ts'
import { createToken, on } from '../support/tokens-api.ts'

let postern: Postern
let dashboard: Dashboard
let page: Page

/** Away from every meridian and parallel that the map draws. */
const wells = [
  { name: 'Alma', longitude: 10, latitude: 40 },
  { name: 'Berg', longitude: 14, latitude: 43 },
  { name: 'Cava', longitude: 11.5, latitude: 42.4 },
  { name: 'Dora', longitude: 13, latitude: 40.5 },
]
/** A name that would be markup, with a dot in it. */
const odd = '<img src=x onerror="document.title=1">.b'

const owner = (statement: string) => runAsOwner(postern, postern.demo, statement)

beforeAll(async () => {
  postern = await startPostern({ POSTERN_RATE_LIMIT: '0' })
  await owner(
    'create table wells (id integer primary key, name text, note text, geom geometry(Point, 4326))',
  )
  for (const [index, { name, longitude, latitude }] of wells.entries()) {
    await owner(
      `insert into wells values (${index}, '${name}', null, st_setsrid(st_makepoint(${longitude}, ${latitude}), 4326))`,
    )
  }
  await owner(`update wells set note = repeat('long ', 100) where id = 1`)
  await owner(`create table "${odd.replaceAll('"', '""')}" (id integer)`)
  dashboard = await openDashboard(postern.url)
  page = await dashboard.newPage({ reducedMotion: 'reduce' })
  await signInAsOwner(page, postern.demo, 'data')
})
afterAll(async () => {
  await dashboard?.close()
  await postern?.stop()
})

it('tables are found by a part of their name, and show their rows', async () => {
  await page.getByText('Ready').first().waitFor()
  await page.getByRole('link', { name: 'default' }).click()
  await page.getByRole('searchbox', { name: 'Search tables' }).fill('WELL')
  const table = page.getByRole('region', { name: 'Tables and views' })
  await expect.poll(() => table.getByRole('row').count(), { timeout: 60_000 }).toBe(2)
  await page.getByRole('link', { name: 'public.wells' }).click()
  await page.getByRole('heading', { level: 1, name: 'public.wells' }).waitFor()

  await page.getByRole('tab', { name: 'Rows' }).click()
  const rows = page.getByRole('region', { name: 'Rows' })
  await rows.getByRole('row').filter({ hasText: 'Alma' }).getByText('null').waitFor()
  await rows.getByText('POINT(10 40)').waitFor()
  // Long values are cut, where they are read.
  const note = await rows.getByText(/^long long/).textContent()
  expect(note).toMatch(/…$/)
})

it('a table is drawn on a map, each row where it lies', async () => {
  await page.getByRole('tab', { name: 'Map' }).click()
  const map = page.getByRole('region', { name: 'Map of public.wells' })
  await page.locator('[data-state="drawn"]').waitFor()
  // What stands on the map, and its round corners, would hide some of it.
  await page.evaluate(inPlainSight)
  await page.waitForFunction(`document.querySelector('canvas').clientWidth === 640`)
  await page.getByRole('button', { name: 'Show everything' }).dispatchEvent('click')
  const view = viewOf({ width: 640, height: 400 })
  const radiusPixels = 5 + (3 * (view.zoom - 6)) / 8
  const layer = { colour: [11, 122, 91], radiusPixels: radiusPixels + 1 } as const
  const dots: Dot[] = wells.map((well) => ({ ...well, layer }))
  await expect
    .poll(async () => compareWithPicture(await map.screenshot(), view, [238, 241, 236], dots), {
      timeout: 60_000,
      interval: 500,
    })
    .toEqual({ missing: [], strayPixels: 0 })

  const { x, y } = placeOnPicture(view, { longitude: 14, latitude: 43 })
  await map.click({ position: { x, y } })
  await page.getByText('Berg').waitFor()
})

it('a name that would be markup is a name', async () => {
  await page.goto('data/default')
  await page.getByRole('link', { name: odd.slice(0, 12) }).click()
  await page
    .getByRole('heading', { level: 1, name: `public."${odd.replaceAll('"', '""')}"` })
    .waitFor()
  await page.getByRole('tab', { name: 'Rows' }).click()
  await page.getByText('No rows').waitFor()
  expect(await page.title()).toContain('onerror')
})

it('a table that is opened is read by everybody, and when it is closed nobody reads it', async () => {
  const asPublic = async () => (await sql(postern, 'demo', 'select id from wells')).status
  expect(await asPublic()).toBe(403)
  await page.goto('data/default/public.wells?view=privacy')
  await page.getByRole('radio', { name: 'Public' }).check()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Open it' }).click()
  await page.getByText('It is open').waitFor()
  expect(await asPublic()).toBe(200)

  await page.getByRole('tab', { name: 'Access' }).click()
  await page.getByRole('row', { name: /Default public key The table is public select/ }).waitFor()
  await page.getByRole('tab', { name: 'Privacy' }).click()
  await page.getByRole('radio', { name: 'Private' }).check()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByRole('button', { name: 'Close it' }).click()
  await page.getByText('Receipt: epoch=').waitFor()
  expect(await asPublic()).toBe(403)
})

it('what is looked at writes nothing, and runs no functions of others', async () => {
  await owner('create table visits (id integer)')
  await owner(
    `create function visit() returns integer language sql volatile
     as 'insert into public.visits values (1) returning id'`,
  )
  await owner('create view visited as select visit() as id')
  const mine = await look('public.visited/rows')
  expect([mine.status(), await mine.text()]).toEqual([400, expect.stringContaining('read-only')])
  expect(await owner('select count(*)::integer as visits from visits')).toEqual([{ visits: 0 }])

  // A key that got past all that keeps keys from making functions.
  const auth = authApi(postern, postern.demo.account, postern.demo.master_key)
  const grants = [
    { type: 'apis', apis: ['sql'] },
    { type: 'database', schemas: [{ name: 'public', permissions: ['create'] }] },
  ]
  const created = await auth.create({ name: 'maker', grants })
  expect(created.status).toBe(201)
  postern.keepSecret(created.json<{ token: string }>().token)
  const control = await openSuperuser(postern, 'postern_control')
  const { rows } = await control.query<{ database: string; role: string }>(
    `select a.database, k.role from account a join api_key k on k.account_id = a.id
     where a.name = 'demo' and k.name = 'maker'`,
  )
  await control.end()
  const { database = '', role = '' } = rows[0] ?? {}
  const superuser = await openSuperuser(postern, database)
  await superuser.query(
    `create function public.trap() returns text language sql as 'select current_user::text';
     alter function public.trap() owner to "${role}";
     create view public.trapped as select public.trap() as ran_as;
     alter view public.trapped owner to "${role}"`,
  )
  await superuser.end()
  const trapped = await look('public.trapped/rows')
  expect([trapped.status(), trapped.headers()['postern-error']]).toEqual([403, 'preview_refused'])
})

it('data is looked at by who is signed in, or holds the master key', async () => {
  const rows = `${postern.url}/v3/connections/default/tables/public.wells/rows`
  const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } })
  expect((await send(rows, bearer(postern.demo.master_key))).status).toBe(200)
  expect((await send(rows)).status).toBe(401)
  const made = await createToken(postern, postern.demo, {
    allowed_apis: ['sql'],
    grants: on('public.wells'),
  })
  expect((await send(rows, bearer(made.token))).status).toBe(403)
  for (const name of ['public.nothing', 'pg_catalog.pg_authid', 'cartodb.cdb_dataset', 'x']) {
    expect([name, (await look(`${name}/rows`)).status()]).toEqual([name, 404])
  }
})

const look = (path: string) => page.request.get(`v3/connections/default/tables/${path}`)

/** Puts the map at whole pixels, without what stands on it and without round corners. */
const inPlainSight = `
  const frame = document.querySelector('[data-state] canvas').closest('[data-state] > *')
  frame.querySelector('.maplibregl-control-container').style.display = 'none'
  const place = { position: 'fixed', inset: '0', width: '642px', height: '402px', zIndex: '99' }
  Object.assign(frame.style, { ...place, borderRadius: '0', boxSizing: 'border-box' })
`

/** What the map shows at first: all wells, with 32 pixels around them. */
function viewOf({ width, height }: { readonly width: number; readonly height: number }) {
  const longitudes = wells.map(({ longitude }) => longitude)
  const norths = wells.map(({ latitude }) =>
    Math.log(Math.tan(Math.PI / 4 + (latitude * Math.PI) / 360)),
  )
  const [west, east] = [Math.min(...longitudes), Math.max(...longitudes)]
  const [south, north] = [Math.min(...norths), Math.max(...norths)]
  const scale = Math.min(
    (width - 64) / ((east - west) / 360),
    (height - 64) / ((north - south) / (2 * Math.PI)),
  )
  const middle = (south + north) / 2
  return {
    width,
    height,
    zoom: Math.log2(scale / 512),
    longitude: (west + east) / 2,
    latitude: (360 / Math.PI) * Math.atan(Math.exp(middle)) - 90,
  }
}
