import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { ensureChromium } from './ensure-chromium.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where this run keeps the data directory of its one first start. */
    firstStartDir: string
    /** The browser of this machine; undefined where there is none and none could be brought. */
    chromiumPath: string | undefined
  }
}

/**
 * A directory for what the acceptance tests of one run share, which is filled by whoever needs it,
 * and a browser.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-first-start-'))
  // PostgreSQL may run as another user, who must get through.
  await chmod(directory, 0o711)
  project.provide('firstStartDir', directory)
  project.provide('chromiumPath', await ensureChromium((message) => console.info(message)))
  return () => rm(directory, { recursive: true, force: true })
}
