import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Dashboard, openDashboard, signInAsOwner } from '../support/dashboard.ts'
import { type Postern, startPostern } from '../support/postern.ts'
import { basic, type CreatedKey, createKey, send, sql } from '../support/requests.ts'
import { until } from '../support/until.ts'

let postern: Postern
let dashboard: Dashboard
let page: Page
let key: CreatedKey

beforeAll(async () => {
  postern = await startPostern()
  key = await createKey(postern, postern.demo, {
    tables: [{ name: 'capitals', permissions: ['select'] }],
  })
  dashboard = await openDashboard(postern.url)
  page = await dashboard.newPage()
})
afterAll(async () => {
  await dashboard?.close()
  await postern?.stop()
})

/** Counts are written every few seconds. */
const untilCounted = (requests: number) =>
  until(async () => {
    const headers = basic('demo', postern.demo.master_key)
    const answer = await send(`${postern.url}/v3/activity`, { headers })
    const { credentials } = answer.json<{ credentials: { name: string; requests: number }[] }>()
    const found = credentials.find(({ name }) => name === key.name)
    return (found !== undefined && found.requests >= requests) || undefined
  })

test('a key’s requests show in the chart, and its making in the audit log', async () => {
  const ask = (table: string) => sql(postern, 'demo', `select count(*) from ${table}`, key.token)
  for (const table of ['capitals', 'capitals', 'capitals', 'surveys']) await ask(table)
  await untilCounted(4)
  await signInAsOwner(page, postern.demo, 'activity')

  const credentials = page.getByRole('table', { name: 'Requests by credential' })
  const row = credentials.getByRole('row').filter({ hasText: key.name })
  await row.waitFor()
  expect((await row.getByRole('cell').allInnerTexts()).slice(2, 5)).toEqual(['4', '0', '1'])

  await row.getByRole('button', { name: key.name }).click()
  await page.waitForURL(/credential=/)
  await page.getByRole('button', { name: `Only ${key.name}` }).waitFor()
  await page.getByText('The numbers of this chart').click()
  const numbers = page.getByRole('table', { name: 'Requests over time' }).getByRole('row').nth(1)
  await until(async () => (await numbers.getByRole('cell').allInnerTexts())[0] === '4' || undefined)
  expect(await numbers.getByRole('cell').allInnerTexts()).toEqual(['4', '3', '0', '1'])
  // The same by the keyboard.
  const slider = page.getByRole('slider')
  await slider.press('End')
  expect(await slider.getAttribute('aria-valuetext')).toMatch(/: 3 answered, 0 errors, 1 denials$/)

  await page.getByRole('link', { name: 'Audit log' }).click()
  await page.getByLabel('Done to').fill(key.name)
  await page.waitForURL(/target=/)
  const events = page.getByRole('table', { name: 'Events' }).locator('tbody').getByRole('row')
  await until(async () => (await events.count()) === 1 || undefined)
  expect(await events.innerText()).toMatch(/The master key\s+made the API key .+\s+127\.0\.0\.1/)
  await events.getByRole('button', { name: /^Details/ }).click()
  await page.getByRole('dialog').getByText('public.capitals: select').waitFor()
  await page.getByRole('button', { name: 'Close' }).click()

  await page.getByRole('button', { name: 'Export' }).click()
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: /^CSV/ }).click(),
  ])
  expect(download.suggestedFilename()).toMatch(/^audit-log-[\d-]{10}\.csv$/)
  const [head, line, ...rest] = (await readFile(await download.path(), 'utf8')).split('\r\n')
  expect(head).toMatch(/^at,action,/)
  expect(line).toContain(`"api_key.create"`)
  expect(rest).toEqual([''])
})
