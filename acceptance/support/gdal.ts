import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { inject } from 'vitest'

export type GdalFinished = {
  readonly code: number
  readonly stdout: string
  readonly stderr: string
}

/** Where GDAL's CARTO driver finds the account, and its key if it has one. */
export type GdalAccount = { readonly baseUrl: string; readonly key: string | undefined }

/** A program of the GDAL that the set-up of this run has found or brought. */
export function findGdalProgram(name: 'ogrinfo' | 'ogr2ogr'): {
  readonly path: string
  readonly environment: Readonly<Record<string, string>>
} {
  const { binDir = '/usr/bin', environment } = inject('gdal')
  return { path: join(binDir, name), environment }
}

/**
 * Runs `ogrinfo` or `ogr2ogr` of the GDAL on this machine with its CARTO driver pointed at an
 * account. `settings` are GDAL's own configuration, as a user would have it in the environment.
 */
export function runGdal(
  program: 'ogrinfo' | 'ogr2ogr',
  { baseUrl, key }: GdalAccount,
  args: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): Promise<GdalFinished> {
  const { path, environment } = findGdalProgram(program)
  const env = {
    PATH: process.env.PATH,
    ...environment,
    CARTO_API_URL: `${baseUrl}/api/v2/sql`,
    ...(key !== undefined && { CARTO_API_KEY: key }),
    ...settings,
  }
  return new Promise((resolve, reject) => {
    const options = { env, maxBuffer: 64 * 1024 * 1024, timeout: 150_000 }
    execFile(path, args, options, (error, stdout, stderr) => {
      const code = error === null ? 0 : error.code
      if (typeof code === 'number') resolve({ code, stdout, stderr })
      // Not there, or killed.
      else reject(error)
    })
  })
}
