import { AxeBuilder } from '@axe-core/playwright'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expect } from 'vitest'
import { launchChromium } from './launch-chromium.ts'
import type { AccountCredentials } from './postern.ts'

/** A browser for the pages of one server. */
export type Dashboard = {
  readonly browser: Browser
  /** A page in a browser profile of its own: nobody is signed in. */
  newPage(options?: Parameters<Browser['newContext']>[0]): Promise<Page>
  close(): Promise<void>
}

/** Starts a browser; `url` is where the pages are. Close it before the server. */
export async function openDashboard(url: string): Promise<Dashboard> {
  const browser = await launchChromium()
  return {
    browser,
    async newPage(options = {}) {
      const context: BrowserContext = await browser.newContext({
        baseURL: `${url}/`,
        viewport: { width: 1280, height: 800 },
        locale: 'en-GB',
        timezoneId: 'UTC',
        permissions: ['clipboard-read', 'clipboard-write'],
        ...options,
      })
      // The machine may be busy with other tests.
      context.setDefaultTimeout(60_000)
      return context.newPage()
    },
    close: () => browser.close(),
  }
}

/** Signs in as the account's first user, as a person does, and waits for the page that was asked for. */
export async function signInAsOwner(
  page: Page,
  { account, password }: Pick<AccountCredentials, 'account' | 'password'>,
  path = '',
): Promise<void> {
  await page.goto(path)
  await page.getByLabel('Account').fill(account)
  await page.getByLabel('User name or e-mail').fill(account)
  await page.getByLabel('Password').fill(password)
  await page.getByRole('button', { name: 'Sign in', exact: true }).click()
  await page.getByRole('navigation', { name: 'Pages' }).waitFor()
}

const wcag = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa']

/** Expects a page to break none of the rules of WCAG 2.2 AA that a program can check, as it is now. */
export async function expectNoAxeViolations(page: Page, rules?: readonly string[]): Promise<void> {
  // Legacy: in the page itself, and not in another one of the same browser.
  const axe = new AxeBuilder({ page }).setLegacyMode()
  const { violations } = await (rules === undefined
    ? axe.withTags(wcag)
    : axe.withRules([...rules])
  ).analyze()
  const said = violations.flatMap(({ id, help, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${help} (${target}) ${failureSummary}`),
  )
  expect(said, page.url()).toEqual([])
}
