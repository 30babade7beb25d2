import { mkdir, rm } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { openDashboard, signInAsOwner } from '../support/dashboard.ts'
import { everyPage, untilShown } from '../support/every-page.ts'
import { startPostern } from '../support/postern.ts'
import { makeLivedIn } from './lived-in-account.ts'

// Pictures of every page of the dashboard, in light and dark, wide and on a telephone, to be looked at:
// they are put into `screenshots/`, which git ignores. POSTERN_SCREENSHOTS_OF names some pages; with
// `readme` it is the pictures of the README that are taken anew.

const directory = fileURLToPath(new URL('../../screenshots/', import.meta.url))
const readmeDirectory = fileURLToPath(new URL('../../docs/images/', import.meta.url))
const readmePages = {
  'a-table-on-a-map': 'data/default/public.capitals?view=map',
  'a-new-api-key': 'api-keys/new?apis=sql,maps&tables=public.capitals:select',
  'access-tokens': 'developers/credentials/tokens',
  'try-a-request': 'try?table=public.capitals',
}
const sizes = { wide: { width: 1280, height: 800 }, narrow: { width: 360, height: 740 } }
const only = process.env.POSTERN_SCREENSHOTS_OF?.split(',')

it('takes pictures of every page', async () => {
  const postern = await startPostern()
  try {
    const places = await makeLivedIn(postern, postern.demo)
    const dashboard = await openDashboard(postern.url)
    if (only === undefined) await rm(directory, { recursive: true, force: true })
    await mkdir(directory, { recursive: true })
    const page = await dashboard.newPage({ reducedMotion: 'reduce' })
    const take = async (name: string, path: string) => {
      if (only !== undefined && !only.includes(name)) return
      for (const [size, viewport] of Object.entries(sizes)) {
        await page.setViewportSize(viewport)
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme })
          await page.goto(path)
          await untilShown(page)
          await page.waitForLoadState('networkidle')
          await page.screenshot({
            path: `${directory}${name}-${size}-${colorScheme}.png`,
            fullPage: true,
          })
        }
      }
    }
    await take('sign-in', 'sign-in')
    await take('invitation', 'invitation#not-a-token')
    await signInAsOwner(page, postern.demo)
    if (only?.includes('readme')) {
      await mkdir(readmeDirectory, { recursive: true })
      await page.setViewportSize(sizes.wide)
      for (const [name, path] of Object.entries(readmePages)) {
        await page.goto(path)
        await untilShown(page)
        await page.waitForLoadState('networkidle')
        await page.screenshot({ path: `${readmeDirectory}${name}.png` })
      }
    }
    for (const [name, path] of Object.entries(everyPage(places))) await take(name, path)
    await dashboard.close()
    expect(places.apiKey).not.toBe('')
  } finally {
    await postern.stop()
  }
})
