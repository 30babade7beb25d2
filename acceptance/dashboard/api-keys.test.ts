import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import type { Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Dashboard, openDashboard, signInAsOwner } from '../support/dashboard.ts'
import { type Postern, startPostern } from '../support/postern.ts'
import { type Answer, sql } from '../support/requests.ts'
import { until } from '../support/until.ts'

const run = promisify(execFile)

let postern: Postern
let dashboard: Dashboard
let page: Page

beforeAll(async () => {
  postern = await startPostern()
  dashboard = await openDashboard(postern.url)
  page = await dashboard.newPage()
  await signInAsOwner(page, postern.demo, 'api-keys')
})
afterAll(async () => {
  await dashboard?.close()
  await postern?.stop()
})

const name = 'front page <b>"1"</b>'
const button = (label: string | RegExp): Locator => page.getByRole('button', { name: label })
const ask = (token: string, table: string): Promise<Answer> =>
  sql(postern, 'demo', `select count(*) from ${table}`, token)

/** What the button of this name has put into the clipboard. */
async function copied(label: string): Promise<string> {
  // What was copied before, and says so for a while, is not to be taken for it.
  await page.evaluate(`navigator.clipboard.writeText('')`)
  await button(label).click()
  await button('Copied').first().waitFor()
  return until(async () => {
    const text = await page.evaluate<string>('navigator.clipboard.readText()')
    return text === '' ? undefined : text
  })
}

let token = ''

it('a key with one table is made, by a form that says what it will open', async () => {
  await page.getByRole('link', { name: 'New API key' }).first().click()
  const save = button('Make API key')
  await page.getByRole('textbox', { name: 'Name' }).fill(name)
  expect(await save.isDisabled()).toBe(true)
  await page.getByRole('checkbox', { name: 'SQL' }).check()
  await page.getByRole('searchbox', { name: 'Search by name' }).fill('SURV')
  await page.getByRole('checkbox', { name: 'Select on surveys' }).check()
  const summary = page.getByRole('region', { name: 'What this key will be able to do' })
  await summary.getByText('It can read rows in surveys.').waitFor()
  await page.getByText('What a key may do cannot change').waitFor()
  await save.click()

  await page.getByRole('heading', { name: 'Your API key details' }).waitFor()
  token = await copied('Copy token')
  postern.keepSecret(token)
  expect(token).toMatch(/^[A-Za-z0-9]{22,}$/)
})

it('its examples run as they are, and the key opens its table and no other', async () => {
  const { stdout } = await run('sh', ['-c', await copied('Copy curl example')])
  expect(JSON.parse(stdout)).toMatchObject({ rows: expect.any(Array), total_rows: 5 })
  await page.getByRole('tab', { name: 'JavaScript' }).click()
  const program = await copied('Copy JavaScript example')
  const answer = await run(process.execPath, ['--input-type=module', '-e', program])
  expect(answer.stdout).toContain('total_rows: 5')
  expect((await ask(token, 'surveys')).status).toBe(200)
  expect((await sql(postern, 'demo', 'delete from surveys', token)).status).toBe(403)
})

const row = (): Locator => page.getByRole('row').filter({ hasText: name })

it('its last use is seen in the list', async () => {
  await page.getByRole('link', { name: 'API keys', exact: true }).first().click()
  await row().waitFor()
  // Counts are written every few seconds.
  await until(async () => {
    await page.reload()
    await row().waitFor()
    return (await row().locator('time').count()) === 1 || undefined
  })
  expect(await row().innerText()).not.toContain(token)
  await row().getByRole('button', { name: 'Reveal token' }).click()
  await row().getByText(token).waitFor()
})

it('regenerated, it has a new token, and the old one is refused', async () => {
  await button(`Actions for ${name}`).click()
  await page.getByRole('menuitem', { name: 'Regenerate' }).click()
  await page.getByText(/\d requests? in the last 24 hours/).waitFor()
  await button('Regenerate API key').click()
  await page.getByRole('heading', { name: `New token of ${name}` }).waitFor()
  const renewed = await copied('Copy token')
  postern.keepSecret(renewed)
  expect(renewed).not.toBe(token)
  expect((await ask(token, 'surveys')).status).toBe(401)
  expect((await ask(renewed, 'surveys')).status).toBe(200)
  token = renewed
  await button('Done').click()
})

it('deleted, it is gone and refused', async () => {
  await row().getByRole('link', { name }).click()
  await page.getByRole('heading', { level: 1, name }).waitFor()
  await button('Delete').click()
  await page.getByText(/in the last 24 hours/).waitFor()
  await button('Delete API key').click()
  await page.getByText('No custom API keys yet').waitFor()
  expect((await ask(token, 'surveys')).status).toBe(401)
})

it('the master key is shown to an owner who gives their password again', async () => {
  const master = page.getByRole('row').filter({ has: button('Actions for Master') })
  await master.getByRole('button', { name: 'Reveal master key' }).click()
  const dialog = page.getByRole('dialog')
  await dialog.getByLabel('Password').fill(postern.demo.password)
  await dialog.getByRole('button', { name: 'Confirm' }).click()
  await master.getByText(postern.demo.master_key).waitFor()
})

it('a link fills the form in', async () => {
  await page.goto('api-keys/new?apis=maps&tables=public.capitals:select;public.surveys:select')
  await page.getByText('It can read rows in capitals and surveys.').waitFor()
  expect(await page.getByRole('checkbox', { name: 'Maps' }).isChecked()).toBe(true)
  expect(await page.getByRole('checkbox', { name: 'Insert on surveys' }).count()).toBe(0)
})
