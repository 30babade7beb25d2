import { findPostgres, type PostgresBinaries } from './find-postgres.ts'
import { installPostgres } from './install-postgres.ts'

/**
 * PostgreSQL with PostGIS: what is on the machine, or what `installPostgres` brings. Throws
 * `EmbeddedError` with the command to run where Postern cannot bring it.
 */
export async function ensurePostgres(options: {
  dataDir: string
  isRoot: boolean
  progress: (message: string) => void
}): Promise<PostgresBinaries> {
  const found = await findPostgres(options)
  return found?.postgisAvailable === true ? found : await installPostgres(options)
}
