import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Dashboard, openDashboard, signInAsOwner } from '../support/dashboard.ts'
import type { Site } from '../support/map-page.ts'
import { servePlainSite } from '../support/plain-site.ts'
import { type Postern, startPostern } from '../support/postern.ts'
import { send } from '../support/requests.ts'

// From the wizard to a page on a site that uses what it made, and to its end.

let postern: Postern
let dashboard: Dashboard
let page: Page
let site: Site
let otherSite: Site
let onSite: Page
let onOtherSite: Page
let token: string

const query = 'select name, population from capitals where country = $1'

beforeAll(async () => {
  ;[postern, site, otherSite] = await Promise.all([
    startPostern(),
    servePlainSite(),
    servePlainSite(),
  ])
  dashboard = await openDashboard(postern.url)
  page = await dashboard.newPage()
  ;[onSite, onOtherSite] = await Promise.all([dashboard.newPage(), dashboard.newPage()])
  await Promise.all([onSite.goto(`${site.origin}/map/`), onOtherSite.goto(otherSite.origin)])
})
afterAll(async () => {
  await dashboard?.close()
  await Promise.all([site?.close(), otherSite?.close(), postern?.stop()])
})

const press = (name: string) => page.getByRole('button', { name, exact: true }).click()

it('the wizard makes a token, and says on the way what it will open and what cannot be', async () => {
  await signInAsOwner(page, postern.demo, 'developers/credentials/tokens')
  await page.getByText('You have no access token yet').waitFor()
  await page.getByRole('link', { name: 'New token' }).first().click()
  await page.getByRole('textbox', { name: 'Name' }).fill('Our site')
  await press('Continue')
  await page.getByText('Choose at least one API').waitFor()
  await page.getByRole('checkbox', { name: 'SQL API' }).check()
  expect(await page.getByRole('checkbox', { name: 'Import API' }).isDisabled()).toBe(true)
  await page.getByText('cannot be combined with APIs that read').waitFor()
  await press('Continue')

  await press('Add a source')
  await page.getByRole('radio', { name: 'SQL query' }).check()
  const editor = page.getByRole('textbox', { name: 'Query' })
  await editor.fill(query.replace('name', 'nmae'))
  await press('Check and add')
  await page.getByText('Column "nmae" does not exist').waitFor()
  expect(await page.locator('.cm-wrong').textContent()).toBe('nmae')
  await editor.fill(query)
  await press('Check query')
  await page.getByText('PostgreSQL accepts this query').waitFor()
  await press('Check and add')
  await page.getByRole('dialog').waitFor({ state: 'hidden' })
  await press('Continue')

  await page.getByRole('textbox', { name: 'Allowed sites' }).fill(`${site.origin}/map/`)
  await page.getByText('The path is left out').waitFor()
  await press('Continue')
  await page.getByText(`It works only on pages of ${site.origin};`).waitFor()
  await press('Create token')
  await page.getByRole('heading', { name: 'Our site is ready' }).waitFor()
  await press('Copy token')
  await page.getByRole('button', { name: 'Copied' }).waitFor()
  token = await page.evaluate<string>('navigator.clipboard.readText()')
  postern.keepSecret(token)
  expect(token).toMatch(/^pstt/)
})

it('a page of the allowed site gets the rows of the query, a page of another nothing', async () => {
  expect(await ask(onSite, query)).toEqual([200, expect.stringContaining('"Madrid"')])
  expect(await ask(onSite, 'select name from capitals')).toEqual([403, expect.anything()])
  expect(await ask(onOtherSite, query)).toEqual([
    403,
    expect.stringContaining('Unauthorized referer'),
  ])
})

it('another site is let in by an edit', async () => {
  await page.getByRole('link', { name: 'Open its page' }).click()
  await page.getByRole('tab', { name: 'Edit' }).click()
  await page
    .getByRole('textbox', { name: 'Allowed sites' })
    .fill(`${site.origin}, ${otherSite.origin}/`)
  await press('Save changes')
  await page.getByText('Our site is changed').first().waitFor()
  expect(await ask(onOtherSite, query)).toEqual([200, expect.anything()])
})

it('is deleted knowingly, and then opens nothing', async () => {
  await page.goto('developers/credentials/tokens')
  await press('Delete Our site')
  await page.getByText(/It was (last used|never used)/).waitFor()
  await press('Delete token')
  await page.getByText('You have no access token yet').waitFor()
  expect(await ask(onSite, query)).toEqual([401, expect.stringContaining('Invalid token')])
})

it('other pages lead here with what is missing filled in', async () => {
  await page.goto(
    `developers/credentials/tokens/new?apis=maps&tables=public.surveys&referers=${site.origin}`,
  )
  await page.getByText('read public.surveys on the connection default, by the Maps API').waitFor()
  await page.getByText(`only on pages of ${site.origin}`).waitFor()
})

it('a program gets a secret once, by which it gets a token, until it is deleted', async () => {
  await page.goto('developers/credentials/oauth-clients')
  await press('New client')
  await page.getByRole('textbox', { name: 'Name' }).fill('Our backend')
  await page.getByRole('checkbox', { name: 'See your API access tokens' }).check()
  await press('Register client')
  await page.getByText('The secret is shown this once').waitFor()
  const [id = '', secret = ''] = await Promise.all(
    ['client id', 'client secret'].map(
      async (name) => (await page.getByRole('region', { name, exact: true }).textContent()) ?? '',
    ),
  )
  postern.keepSecret(secret)
  await press('Done')
  const getToken = () =>
    send(`${postern.url}/oauth/token`, {
      method: 'POST',
      body: new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: id,
        client_secret: secret,
      }),
    })
  const answer = await getToken()
  expect(answer.status).toBe(200)
  postern.keepSecret(answer.json<{ access_token: string }>().access_token)
  await press('Delete Our backend')
  await press('Delete client')
  await page.getByText('There is no OAuth client yet').waitFor()
  expect((await getToken()).status).toBe(401)
})

/** What a page is answered that asks for a query with the token, as a script of its own would. */
function ask(from: Page, q: string): Promise<readonly [number, string]> {
  const url = `${postern.url}/v3/sql/default/query?q=${encodeURIComponent(q)}&queryParameters=${encodeURIComponent(
    q.includes('$1') ? '["Spain"]' : '',
  )}`
  return from.evaluate(
    async ([address, authorization]) => {
      const answer = await fetch(address, { headers: { authorization } })
      return [answer.status, await answer.text()] as const
    },
    [url, `Bearer ${token}`] as const,
  )
}
