import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { makeDataDir } from '../../test/embedded-fixture.ts'
import { findOgr2ogr } from './find-ogr2ogr.ts'

test('there is none in an empty directory', async () => {
  const dataDir = await makeDataDir()
  expect(await findOgr2ogr({ dataDir, searchPaths: [dataDir] })).toBeUndefined()
})

test("finds the machine's own before an unpacked one, and tells it nothing", async () => {
  const dataDir = await makeDataDir()
  const path = await writeProgram(join(dataDir, 'bin/ogr2ogr'))
  await writeProgram(join(dataDir, 'runtime/usr/bin/ogr2ogr'))
  const found = await findOgr2ogr({ dataDir, searchPaths: [join(dataDir, 'bin')] })
  expect(found).toEqual({ path, environment: {} })
})

test('tells an unpacked one where its libraries and tables are', async () => {
  const dataDir = await makeDataDir()
  const runtime = join(dataDir, 'runtime')
  const path = await writeProgram(join(runtime, 'usr/bin/ogr2ogr'))
  const libraries = join(runtime, 'usr/lib/x86_64-linux-gnu')
  const [proj, gdal] = [join(runtime, 'usr/share/proj'), join(runtime, 'usr/share/gdal')]
  for (const dir of [libraries, proj, gdal]) await mkdir(dir, { recursive: true })
  const found = await findOgr2ogr({ dataDir, searchPaths: [] })
  expect(found?.path).toBe(path)
  expect(found?.environment).toMatchObject({ PROJ_DATA: proj, PROJ_LIB: proj, GDAL_DATA: gdal })
  const paths = found?.environment.LD_LIBRARY_PATH?.split(':')
  expect(paths).toEqual(expect.arrayContaining([libraries, join(runtime, 'usr/lib')]))
})

async function writeProgram(path: string): Promise<string> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, '#!/bin/sh\n')
  await chmod(path, 0o755)
  return path
}
