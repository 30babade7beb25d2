import { chmod, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'

declare module 'vitest' {
  export interface ProvidedContext {
    /** Where this run keeps the data directory of its one first start. */
    firstStartDir: string
  }
}

/** A directory for what the acceptance tests of one run share. It is filled by whoever needs it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-first-start-'))
  // PostgreSQL may run as another user, who must get through.
  await chmod(directory, 0o711)
  project.provide('firstStartDir', directory)
  return () => rm(directory, { recursive: true, force: true })
}
