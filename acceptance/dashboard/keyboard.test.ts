import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Dashboard, openDashboard } from '../support/dashboard.ts'
import { type Postern, startPostern } from '../support/postern.ts'
import { sql } from '../support/requests.ts'
import { type ReverseProxy, startReverseProxy } from '../support/reverse-proxy.ts'

// From signing in to signing out without a mouse, on a server that a proxy shows at a path of its own.

let proxy: ReverseProxy
let postern: Postern
let dashboard: Dashboard
let page: Page
let token: string

beforeAll(async () => {
  proxy = await startReverseProxy('/postern')
  postern = await startPostern({ POSTERN_PUBLIC_URL: proxy.url })
  proxy.forwardTo(postern.port)
  dashboard = await openDashboard(proxy.url)
  page = await dashboard.newPage({ reducedMotion: 'reduce' })
  // From here on nothing is clicked and nothing is focused but by keys.
  await page.goto('')
})
afterAll(async () => {
  await dashboard?.close()
  await postern?.stop()
  await proxy?.close()
})

const mostTabs = 80

/** Presses Tab until this has the focus, which must be seen at every step. */
async function tabTo(target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  await target.waitFor()
  for (let pressed = 0; pressed < mostTabs; pressed += 1) {
    if ((await target.and(page.locator(':focus')).count()) === 1) return
    await page.keyboard.press(key)
    await expectVisibleFocus()
  }
  throw new Error(`${mostTabs} times ${key} do not lead to ${target}.`)
}

/** Goes down a menu that has just been opened, item by item, and takes the one of this name. */
async function chooseInMenu(name: string): Promise<void> {
  // Before one of them has the focus, an arrow would lead to the first.
  await page.locator('[role=menuitem]:focus').waitFor()
  const target = page.getByRole('menuitem', { name }).and(page.locator(':focus'))
  for (let pressed = 0; (await target.count()) === 0 && pressed < mostTabs; pressed += 1) {
    await page.keyboard.press('ArrowDown')
  }
  await page.keyboard.press('Enter')
}

async function expectVisibleFocus(): Promise<void> {
  const focused = await page.evaluate<{ what: string; isVisible: boolean }>(`(() => {
    const { activeElement } = document
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(activeElement)
    const hasOutline = outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0
    return {
      what: activeElement.outerHTML.slice(0, 200),
      isVisible: activeElement === document.body || hasOutline || boxShadow !== 'none',
    }
  })()`)
  expect(focused).toMatchObject({ isVisible: true })
}

async function type(label: string, text: string): Promise<void> {
  await tabTo(page.getByLabel(label, { exact: true }))
  await page.keyboard.type(text)
}

const link = (name: string) => page.getByRole('link', { name, exact: true })
const button = (name: string) => page.getByRole('button', { name, exact: true })

it('signs in', async () => {
  await type('Account', 'demo')
  await type('User name or e-mail', 'demo')
  await type('Password', postern.demo.password)
  await page.keyboard.press('Enter')
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
  expect(page.url()).toBe(`${proxy.url}/`)
})

it('makes a key, and copies its token', async () => {
  await tabTo(
    page.getByRole('navigation', { name: 'Pages' }).getByRole('link', { name: 'API keys' }),
  )
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 1, name: 'API keys' }).waitFor()
  await tabTo(link('New API key').first())
  await page.keyboard.press('Enter')
  await type('Name', 'By hand')
  await tabTo(page.getByRole('checkbox', { name: 'SQL', exact: true }))
  await page.keyboard.press('Space')
  await tabTo(page.getByRole('checkbox', { name: 'Select on capitals', exact: true }))
  await page.keyboard.press('Space')
  await tabTo(button('Make API key'))
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { name: 'Your API key details' }).waitFor()
  expect(new URL(page.url()).pathname).toMatch(/^\/postern\//)
  await tabTo(button('Copy token'))
  await page.keyboard.press('Enter')
  await button('Copied').waitFor()
  token = await page.evaluate<string>('navigator.clipboard.readText()')
  postern.keepSecret(token)
  expect((await sql(postern, 'demo', 'select 1', token)).status).toBe(200)
})

it('comes back to where it was when a dialog is closed', async () => {
  await tabTo(page.getByRole('main').getByRole('link', { name: 'API keys' }), 'Shift+Tab')
  await page.keyboard.press('Enter')
  const actions = button('Actions for By hand')
  await tabTo(actions)
  await page.keyboard.press('Enter')
  await chooseInMenu('Regenerate')
  const dialog = page.getByRole('alertdialog')
  await dialog.waitFor()
  await tabTo(dialog.getByRole('button', { name: 'Cancel' }))
  await page.keyboard.press('Escape')
  await dialog.waitFor({ state: 'detached' })
  await actions.and(page.locator(':focus')).waitFor()
  expect((await sql(postern, 'demo', 'select 1', token)).status).toBe(200)
})

it('signs out', async () => {
  await tabTo(button('demo'), 'Shift+Tab')
  await page.keyboard.press('Enter')
  await chooseInMenu('Sign out')
  await page.getByRole('heading', { name: 'Sign in to Postern' }).waitFor()
})
