import { chmod, mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { canEnter } from './embedded/cluster-owner.ts'
import { findOgr2ogr } from './embedded/find-ogr2ogr.ts'
import { removeLeftExports } from './exports/export-directory.ts'
import { createExporter, type Exporter } from './exports/exporter.ts'
import type { ConverterUser } from './exports/run-converter.ts'

/** Each is a process beside ours, and as much disk as two answers may have bytes. */
const exportLimits = { maxExports: 6, maxPerAccount: 3, timeoutMs: 300_000 }

/**
 * Who owns nothing, by the number that Linux itself gives to nobody. Not the user of PostgreSQL, to
 * whom the database files belong.
 */
export const nobody: ConverterUser = { uid: 65_534, gid: 65_534 }

/**
 * What makes exports for a server, after it has removed what killed ones have left. Where we are
 * root, ogr2ogr reads callers' rows as nobody: in `exports` in the data directory, or, if nobody
 * cannot get there (a checkout in /root), under `systemDir`.
 */
export async function prepareExports(
  dataDir: string,
  { isRoot, systemDir }: { isRoot: boolean; systemDir: string },
): Promise<Exporter> {
  const user = isRoot ? nobody : undefined
  const isReachable = user === undefined || (await canEnter(user, dataDir))
  const root = join(isReachable ? dataDir : systemDir, 'exports')
  await mkdir(root, { recursive: true })
  // Also where it is from an earlier version, and whatever our umask says.
  await chmod(root, 0o711)
  await removeLeftExports(root)
  return createExporter({
    root,
    findProgram: async (name) => {
      // Our own module, which only we may be able to read.
      if (name === 'node') return { path: process.execPath, environment: {} }
      const found = await findOgr2ogr({ dataDir })
      return found && { ...found, user }
    },
    ...exportLimits,
  })
}
