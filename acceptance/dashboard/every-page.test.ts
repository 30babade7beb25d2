import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type Dashboard,
  expectNoAxeViolations,
  openDashboard,
  signInAsOwner,
} from '../support/dashboard.ts'
import { everyPage, untilShown } from '../support/every-page.ts'
import { fillAccount } from '../support/fill-account.ts'
import { type Postern, startPostern } from '../support/postern.ts'
import { send } from '../support/requests.ts'

// What has to hold for each page, looked at in one round through all of them, in an account whose owner
// calls everything what somebody would who wants a page to run it.

const hostile = `<img src=x onerror=alert(1)>'"><script>alert(1)</script>`
const pageNames = Object.keys(
  everyPage({ apiKey: '', accessTokenId: '', connection: '', resource: '' }),
)

let postern: Postern
let dashboard: Dashboard
let page: Page
let addresses: Readonly<Record<string, string>>
/** What the page, or the browser about it, has complained of. */
const complaints: string[] = []

beforeAll(async () => {
  postern = await startPostern()
  addresses = everyPage(
    await fillAccount(postern, postern.demo, {
      tables: [{ name: hostile, column: hostile }],
      apiKeys: [hostile],
      accessTokens: [hostile],
      oauthClients: [hostile],
      users: [{ name: 'Ann', email: 'ann@example.com', level: 'viewer' }],
      invitations: [{ email: 'new@example.com', level: 'viewer' }],
    }),
  )
  dashboard = await openDashboard(postern.url)
  page = await dashboard.newPage({ reducedMotion: 'reduce' })
  page.on('dialog', (dialog) => {
    complaints.push(`a dialog: ${dialog.message()}`)
    void dialog.dismiss()
  })
  page.on('pageerror', ({ message }) => complaints.push(message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  await signInAsOwner(page, postern.demo)
  // Asked before anybody was signed in.
  complaints.length = 0
})
afterAll(async () => {
  await dashboard?.close()
  await postern?.stop()
})

async function visit(name: string): Promise<void> {
  await page.setViewportSize({ width: 1280, height: 800 })
  await page.emulateMedia({ colorScheme: 'light' })
  await page.goto(addresses[name] ?? '')
  await untilShown(page)
}

describe.each(pageNames)('the page %s', (name) => {
  it('keeps to WCAG 2.2 AA, in light and dark, and fits on 360 pixels', async () => {
    await visit(name)
    await expectNoAxeViolations(page)
    await page.emulateMedia({ colorScheme: 'dark' })
    await page.setViewportSize({ width: 360, height: 740 })
    await expectNoAxeViolations(page, ['color-contrast', 'target-size'])
    const width = await page.evaluate<number>('document.documentElement.scrollWidth')
    expect(width).toBeLessThanOrEqual(360)
  })

  it('shows names as text, runs nothing of them, and breaks no rule of its own policy', async () => {
    expect(await page.locator('img[src="x"]').count()).toBe(0)
    expect(complaints.splice(0)).toEqual([])
  })
})

it.each([
  ['api-keys', 'the name of a key'],
  ['access-tokens', 'the name of a token'],
  ['oauth-clients', 'the name of an OAuth client'],
  ['tables', 'the name of a table'],
  ['table', 'the name of a column, and what is in it'],
])('on the page %s, %s is there to read, whatever it is', async (name) => {
  await visit(name)
  // Where it is quoted, as in SQL, only its beginning is as it was given.
  await page.getByText(hostile.slice(0, 28)).first().waitFor()
})

it('pages let in nothing from elsewhere, and are in nobody’s frame', async () => {
  const answer = await send(`${postern.url}/api-keys`)
  const policy = answer.headers.get('content-security-policy') ?? ''
  expect(policy.replace(/'nonce-[\w+/=]{24}'/, "'nonce-...'").split('; ')).toEqual([
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'nonce-...'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    `connect-src 'self' ${postern.url}`,
    "worker-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "base-uri 'self'",
  ])
  expect(answer.headers.get('x-frame-options')).toBe('DENY')
  const other = await send(`${postern.url}/api-keys`)
  expect(other.headers.get('content-security-policy')).not.toBe(policy)
})

it('a page of another origin cannot show it in a frame, though it can show what is no page', async () => {
  const frames = ['health', 'api-keys'].map(
    (path) => `<iframe src="${postern.url}/${path}"></iframe>`,
  )
  const site = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html').end(frames.join(''))
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  const { port } = site.address() as AddressInfo
  const stranger = await dashboard.newPage()
  await stranger.goto(`http://127.0.0.1:${port}/`)
  expect(stranger.frames().map((frame) => frame.url())).toEqual([
    `http://127.0.0.1:${port}/`,
    `${postern.url}/health`,
    'chrome-error://chromewebdata/',
  ])
  await stranger.context().close()
  site.closeAllConnections()
  site.close()
})
