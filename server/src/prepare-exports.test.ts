import { existsSync } from 'node:fs'
import { chmod, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeDataDir, productDataDir } from '../test/embedded-fixture.ts'
import { prepareExports } from './prepare-exports.ts'
import { createStopController } from './stop-signal.ts'

const isRoot = process.getuid?.() === 0

/** Has ogr2ogr write one row. */
async function exportOneRow(dataDir: string, systemDir: string): Promise<number> {
  // An unpacked one is where the set-up of the tests has put it.
  const runtime = join(productDataDir, 'runtime')
  if (existsSync(runtime)) await symlink(runtime, join(dataDir, 'runtime'))
  const exporter = await prepareExports(dataDir, { isRoot, systemDir })
  const { bytes, close } = await exporter.make({
    accountId: 'account',
    signal: createStopController().signal,
    maxBytes: 1_000_000,
    async prepare(directory) {
      await writeFile(join(directory, 'rows.csv'), 'a,b\n1,2\n', { mode: 0o600 })
      const args = ['-f', 'GPKG', 'out.gpkg', 'rows.csv']
      return { converter: { program: 'ogr2ogr', args }, file: 'out.gpkg' }
    },
  })
  await close()
  return bytes
}

test('exports are made in the data directory, where nobody else can list them', async () => {
  const [dataDir, systemDir] = [await makeDataDir(), await makeDataDir()]
  // As an earlier version left it.
  await mkdir(join(dataDir, 'exports'), { mode: 0o700 })
  expect(await exportOneRow(dataDir, systemDir)).toBeGreaterThan(0)
  expect((await stat(join(dataDir, 'exports'))).mode & 0o777).toBe(0o711)
  expect(await readdir(systemDir)).toEqual([])
})

test('exports are made elsewhere where root keeps its data from everybody', async () => {
  const [dataDir, systemDir] = [await makeDataDir(), await makeDataDir()]
  await chmod(dataDir, 0o700)
  expect(await exportOneRow(dataDir, systemDir)).toBeGreaterThan(0)
  // We ourselves can always enter.
  expect(await readdir(isRoot ? systemDir : dataDir)).toContain('exports')
})
