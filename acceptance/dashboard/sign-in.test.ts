import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Dashboard, openDashboard, signInAsOwner } from '../support/dashboard.ts'
import { oneTimeCode } from '../support/one-time-code.ts'
import { type AccountCredentials, type Postern, startPostern } from '../support/postern.ts'
import { basic, send } from '../support/requests.ts'

let postern: Postern
let dashboard: Dashboard
let alice: AccountCredentials
/** Of the second factor that alice sets up, for those that come after. */
let secret = ''
let recoveryCodes: readonly string[] = []

beforeAll(async () => {
  postern = await startPostern()
  alice = await postern.createAccount('alice')
  dashboard = await openDashboard(postern.url)
})
afterAll(async () => {
  await dashboard?.close()
  await postern?.stop()
})

async function give(page: Page, user: string, password: string): Promise<void> {
  await page.getByLabel('Account').fill('alice')
  await page.getByLabel('User name or e-mail').fill(user)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

async function giveCode(page: Page, code: string): Promise<void> {
  await page.getByLabel('Code', { exact: true }).fill(code)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
}

const inside = (page: Page) => page.getByRole('navigation', { name: 'Pages' }).waitFor()
const sessionCookie = async (page: Page) =>
  (await page.context().cookies()).find(({ name }) => name === 'postern_session')?.value ?? ''

it('sets up a second factor, after the user has confirmed who they are', async () => {
  const page = await dashboard.newPage()
  await signInAsOwner(page, alice, 'account/security')
  await page.getByRole('button', { name: 'Set up a second factor' }).click()
  const confirming = page.getByRole('dialog', { name: 'Confirm that it is you' })
  await confirming.getByLabel('Password').fill('wrong')
  await confirming.getByRole('button', { name: 'Confirm' }).click()
  await confirming.getByText('The password is wrong.').waitFor()
  await confirming.getByLabel('Password').fill(alice.password)
  await confirming.getByRole('button', { name: 'Confirm' }).click()

  const setUp = page.getByRole('dialog', { name: 'Set up a second factor' })
  await setUp.getByRole('img', { name: 'QR code' }).waitFor()
  secret = (await setUp.locator('code').innerText()).replaceAll(' ', '')
  postern.keepSecret(secret)
  await setUp.getByLabel('Code', { exact: true }).fill('000')
  await setUp.getByRole('button', { name: 'Turn on' }).click()
  await setUp.getByText('The code is wrong or was used already.').waitFor()
  await setUp.getByLabel('Code', { exact: true }).fill(oneTimeCode(secret))
  await setUp.getByRole('button', { name: 'Turn on' }).click()

  const shown = page.getByRole('dialog', { name: 'Your recovery codes' })
  recoveryCodes = (await shown.locator('pre').innerText()).split('\n')
  for (const code of recoveryCodes) postern.keepSecret(code)
  await shown.getByRole('button', { name: 'I have kept them' }).click()
  await page.getByText('10 recovery codes are left').waitFor()
  await page.context().close()
})

it('asks for a code then, and takes the browser to the page that was asked for and nowhere else', async () => {
  const page = await dashboard.newPage()
  await page.goto('api-keys')
  await give(page, 'alice', alice.password)
  await page.getByRole('heading', { name: 'Enter a code' }).waitFor()
  expect(await sessionCookie(page)).toBe('')
  // The one that has confirmed it, or the one after: both are worth nothing the second time.
  const code = oneTimeCode(secret, 1)
  await giveCode(page, code)
  await inside(page)
  expect(new URL(page.url()).pathname).toBe('/api-keys')
  await page.context().close()

  const other = await dashboard.newPage()
  await other.goto('sign-in?next=%2F%5Cevil.example%2F')
  await give(other, 'alice', alice.password)
  await giveCode(other, code)
  await other.getByText('The code is wrong or was used already.').waitFor()
  await giveCode(other, recoveryCodes[0] ?? '')
  await inside(other)
  expect(other.url()).toBe(`${postern.url}/`)
  await other.context().close()
})

it('gives the browser a session that it did not have before, and ends the one it had', async () => {
  const page = await dashboard.newPage()
  const fixed = 'psts0000000000000000000000000000'
  await page
    .context()
    .addCookies([{ name: 'postern_session', value: fixed, url: postern.url, httpOnly: true }])
  await page.goto('sign-in')
  await give(page, 'alice', alice.password)
  await giveCode(page, recoveryCodes[1] ?? '')
  await inside(page)
  const first = await sessionCookie(page)
  expect(first).not.toBe(fixed)
  expect(await page.evaluate('document.cookie')).toBe('')
  await page.goto('sign-in')
  await give(page, 'alice', alice.password)
  await giveCode(page, recoveryCodes[2] ?? '')
  await inside(page)
  const answer = await send(`${postern.url}/session`, {
    headers: { cookie: `postern_session=${first}` },
  })
  expect(answer.status).toBe(401)
  await page.context().close()
})

it('lets the operator turn the second factor off', async () => {
  const { code, stderr } = await postern.run('user', 'set', 'alice', 'alice', '--no-second-factor')
  expect([code, stderr]).toEqual([0, ''])
  const page = await dashboard.newPage()
  await signInAsOwner(page, alice, 'account/security')
  await page.getByText('You have none.').waitFor()
  await page.context().close()
})

it('counts down for how long nobody may try, and says nothing of who there is', async () => {
  const page = await dashboard.newPage()
  await page.goto('sign-in')
  const button = page.getByRole('button', { name: 'Sign in', exact: true })
  await give(page, 'nobody', 'wrong')
  await page.getByText('The account, the user or the password is wrong.').waitFor()
  const body = JSON.stringify({ account: 'alice', user: 'nobody', password: 'wrong' })
  const headers = { 'content-type': 'application/json' }
  for (let waitSeconds = 0; waitSeconds < 2; ) {
    const answer = await send(`${postern.url}/session`, { method: 'POST', headers, body })
    waitSeconds = Number(answer.headers.get('retry-after') ?? 0)
  }
  const wait = page.getByText(/You can try again in/)
  // Where the browser is so slow that the wait is over, this is a failure more, and the wait is longer.
  for (let status = 0; status !== 429; ) {
    const answer = page.waitForResponse('**/session')
    await button.click()
    status = (await answer).status()
  }
  await wait.waitFor({ state: 'detached' })
  expect(await button.isEnabled()).toBe(true)
  await page.context().close()
})

it('makes somebody who was invited a user, by a link and nothing else', async () => {
  const made = await send(`${postern.url}/v3/invitations`, {
    method: 'POST',
    headers: { ...basic('alice', alice.master_key), 'content-type': 'application/json' },
    body: JSON.stringify({ email: 'eva@example.com', level: 'viewer' }),
  })
  const { url } = made.json<{ url: string }>()
  postern.keepSecret(new URL(url).hash.slice(1))
  const page = await dashboard.newPage()
  await page.goto(url)
  await page.getByRole('heading', { name: 'Join the account alice' }).waitFor()
  await page.getByLabel('Your name').fill('Eva')
  const password = 'a password of her own'
  postern.keepSecret(password)
  await page.getByLabel('A password').fill(password)
  await page.getByRole('button', { name: 'Accept and sign in' }).click()
  await inside(page)
  expect(page.url()).toBe(`${postern.url}/`)
  await page.goto(url)
  await page.reload()
  await page.getByText('This invitation is unknown, used up, taken back or expired.').waitFor()
  await page.context().close()
})
