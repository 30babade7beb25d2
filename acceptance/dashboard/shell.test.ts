import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Dashboard, openDashboard, signInAsOwner } from '../support/dashboard.ts'
import { type Postern, startPostern } from '../support/postern.ts'
import { send } from '../support/requests.ts'

let postern: Postern
let dashboard: Dashboard
let page: Page

beforeAll(async () => {
  postern = await startPostern()
  dashboard = await openDashboard(postern.url)
  page = await dashboard.newPage()
})
afterAll(async () => {
  await dashboard?.close()
  await postern?.stop()
})

it('a page that needs a sign-in asks for it, and then is the page that was asked for', async () => {
  await signInAsOwner(page, postern.demo, 'api-keys')
  expect(new URL(page.url()).pathname).toBe('/api-keys')
  await page.getByRole('heading', { level: 1, name: 'API keys' }).waitFor()
})

it('an address that is no page says so, and the way back is there', async () => {
  await page.goto('data/default/nowhere/at/all')
  await page.getByText('There is no page at this address').waitFor()
})

it('signing out leaves nobody signed in', async () => {
  await page.goto('')
  await page.getByRole('button', { name: postern.demo.account }).click()
  await page.getByRole('menuitem', { name: 'Sign out' }).click()
  await page.getByRole('heading', { name: 'Sign in to Postern' }).waitFor()
  await page.goto('api-keys')
  await page.getByRole('heading', { name: 'Sign in to Postern' }).waitFor()
})

it('pages and their files are never taken for an API, nor the other way round', async () => {
  for (const path of ['/v3/nowhere', '/api/nowhere', '/user/demo/nowhere', '/assets/nowhere.js']) {
    const answer = await send(`${postern.url}${path}`)
    expect([path, answer.status]).toEqual([path, 404])
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
  }
  const outside = await send(`${postern.url}/assets/..%2findex.html`)
  expect(outside.status).toBe(403)
  expect(outside.text).not.toContain('<html')
})
