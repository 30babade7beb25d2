import {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
} from 'playwright-core'
import { inject } from 'vitest'

/** For each step of a page, on a machine that is busy with other things. */
const patienceMs = 90_000

/** Starts the browser that the set-up of this run has found or brought. */
export function launchChromium(): Promise<Browser> {
  const executablePath = inject('chromiumPath')
  if (executablePath === undefined) throw new Error('There is no Chromium on this machine.')
  return chromium.launch({
    executablePath,
    timeout: patienceMs,
    args: [
      // Its own pages are all that it opens, and its sandbox does not work as root.
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
    ],
  })
}

/** As `browser.newContext`, with patience for each step of its pages. */
export async function newContext(
  browser: Browser,
  options: BrowserContextOptions = {},
): Promise<BrowserContext> {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(patienceMs)
  return context
}
