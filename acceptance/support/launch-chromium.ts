import { type Browser, chromium } from 'playwright-core'
import { inject } from 'vitest'

/** Starts the browser that the set-up of this run has found or brought. */
export function launchChromium(): Promise<Browser> {
  const executablePath = inject('chromiumPath')
  if (executablePath === undefined) throw new Error('There is no Chromium on this machine.')
  return chromium.launch({
    executablePath,
    args: [
      // Its own pages are all that it opens, and its sandbox does not work as root.
      '--no-sandbox',
      '--disable-dev-shm-usage',
      '--use-angle=swiftshader',
      '--enable-unsafe-swiftshader',
    ],
  })
}
