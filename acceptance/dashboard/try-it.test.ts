import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Dashboard, openDashboard, signInAsOwner } from '../support/dashboard.ts'
import { runAsOwner } from '../support/populate-account.ts'
import { type Postern, startPostern } from '../support/postern.ts'
import { createKey } from '../support/requests.ts'
import { createToken, on } from '../support/tokens-api.ts'

const query = 'select name from trials order by name'

let postern: Postern
let dashboard: Dashboard
let page: Page

beforeAll(async () => {
  postern = await startPostern()
  const { demo } = postern
  await runAsOwner(postern, demo, `create table trials as select 'first' as name`)
  await createKey(postern, demo, { name: 'narrow', tables: [] })
  await createToken(postern, demo, {
    name: 'for a shop',
    allowed_apis: ['maps'],
    grants: on('capitals'),
    referers: ['https://shop.example'],
  })
  dashboard = await openDashboard(postern.url)
  page = await dashboard.newPage()
  await signInAsOwner(page, demo, 'try')
})
afterAll(async () => {
  await dashboard?.close()
  await postern?.stop()
})

it('a denied try leads to a key that works', async () => {
  await credential().selectOption('narrow')
  await page.getByRole('textbox', { name: 'SQL' }).fill(query)
  await send()
  await answer().getByText('permission denied for table trials').waitFor()
  await answer().getByText('Select on public.trials').waitFor()
  await answer().getByRole('link', { name: 'Make a key for this' }).click()

  await page.getByLabel('Name', { exact: true }).fill('trier')
  await page.getByRole('button', { name: 'Make API key' }).click()
  await page.getByText('trier is made').waitFor()

  await page.getByRole('link', { name: 'Try it', exact: true }).first().click()
  await page.getByText('Tried lately').click()
  await page.getByRole('button', { name: query }).click()
  // The list of credentials is fetched anew.
  await page.getByRole('option', { name: 'trier' }).waitFor({ state: 'attached' })
  await credential().selectOption('trier')
  await send()
  await answer().getByRole('cell', { name: 'first' }).waitFor()
  await answer().getByText('Status 200').waitFor()
})

it('the session of whoever is signed in lends nothing to what is tried', async () => {
  await credential().selectOption('Default public')
  const sent = page.waitForRequest((request) => request.url().includes('/api/v2/sql'))
  await send()
  const { authorization, cookie } = await (await sent).allHeaders()
  expect({ authorization, cookie }).toEqual({
    authorization: 'Bearer default_public',
    cookie: undefined,
  })
  await answer().getByText('Status 403').waitFor()
})

it('a statement that goes on for long can be cancelled', async () => {
  await credential().selectOption('narrow')
  await page
    .getByRole('textbox', { name: 'SQL' })
    .fill('select count(*) from generate_series(1, 1000000000) as n')
  await send()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await answer().getByText('Cancelled').waitFor()
})

it('a table that is picked is drawn with the credential that was chosen', async () => {
  await credential().selectOption('Default public')
  await page.getByRole('tab', { name: 'Pick a table' }).click()
  await page.getByRole('combobox', { name: 'Table' }).fill('public.capitals')
  await page.getByRole('radio', { name: 'Maps API' }).check()
  await send()
  await answer().locator('[data-state=drawn]').waitFor()
})

it('a token for other sites is refused here, and the page says why', async () => {
  await credential().selectOption('for a shop')
  await page.getByText('It may be used from https://shop.example').waitFor()
  await send()
  await answer()
    .getByText(`${new URL(postern.url).origin} among the sites that it may be used from`)
    .waitFor()
})

function credential() {
  return page.getByRole('combobox', { name: 'Credential' })
}

function answer() {
  return page.getByRole('region', { name: 'Answer' })
}

function send(): Promise<void> {
  return page.getByRole('button', { name: 'Send the request' }).click()
}
