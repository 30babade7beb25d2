import { access, readdir } from 'node:fs/promises'
import { join } from 'node:path'

/** Where packages are unpacked when they may not be installed: a tree as they would make in `/`. */
export function runtimeDir(dataDir: string): string {
  return join(dataDir, 'runtime')
}

/**
 * What unpacked programs need in their environment: they look for their libraries and for the tables
 * of PROJ and GDAL where the packages would have been installed, unless told otherwise.
 */
export async function runtimeEnvironment(runtime: string): Promise<Record<string, string>> {
  const names = await readdir(join(runtime, 'usr/lib')).catch(() => [])
  const triplet = names.find((name) => /-linux-/.test(name))
  if (triplet === undefined) return {}
  const libraries = join(runtime, 'usr/lib', triplet)
  const proj = join(runtime, 'usr/share/proj')
  const gdal = join(runtime, 'usr/share/gdal')
  const dirs = [libraries, join(runtime, 'lib', triplet), join(libraries, 'blas')]
  return {
    // Some that GDAL needs are beside the directory for this kind of machine.
    LD_LIBRARY_PATH: [...dirs, join(libraries, 'lapack'), join(runtime, 'usr/lib')].join(':'),
    // PROJ before 9.1 knows only the second name.
    ...((await exists(proj)) ? { PROJ_DATA: proj, PROJ_LIB: proj } : {}),
    ...((await exists(gdal)) ? { GDAL_DATA: gdal } : {}),
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
