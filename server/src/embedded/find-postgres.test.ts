import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { makeDataDir } from '../../test/embedded-fixture.ts'
import { findPostgres } from './find-postgres.ts'

test('finds nothing where nothing is', async () => {
  const dataDir = await makeDataDir()
  expect(await findPostgres({ dataDir, searchPaths: [join(dataDir, 'bin')] })).toBeUndefined()
})

test('prefers PostGIS to a newer version, and the newer of two that have it', async () => {
  const dataDir = await makeDataDir()
  const searchPaths = [
    await install(dataDir, 15, { postgis: true }),
    await install(dataDir, 16, { postgis: true }),
    await install(dataDir, 17, { postgis: false }),
  ]
  expect(await findPostgres({ dataDir, searchPaths })).toEqual({
    version: 16,
    binDir: searchPaths[1],
    env: {},
    postgisAvailable: true,
  })
})

test('says when there is PostgreSQL but no PostGIS', async () => {
  const dataDir = await makeDataDir()
  const searchPaths = [await install(dataDir, 15, { postgis: false })]
  expect(await findPostgres({ dataDir, searchPaths })).toMatchObject({ postgisAvailable: false })
})

test('keeps to the version that the database files were made with', async () => {
  const dataDir = await makeDataDir()
  const searchPaths = [
    await install(dataDir, 17, { postgis: true }),
    await install(dataDir, 15, { postgis: true }),
  ]
  await mkdir(join(dataDir, 'pg'))
  await writeFile(join(dataDir, 'pg/PG_VERSION'), '15\n')
  expect(await findPostgres({ dataDir, searchPaths })).toMatchObject({ version: 15 })
})

test('passes over versions that lack what it needs, and over half an installation', async () => {
  const dataDir = await makeDataDir()
  const half = join(dataDir, 'half/usr/lib/postgresql/16/bin')
  await writeProgram(join(half, 'postgres'))
  const searchPaths = [await install(dataDir, 13, { postgis: true }), half]
  expect(await findPostgres({ dataDir, searchPaths })).toBeUndefined()
})

test('asks the program for its version where the path does not tell', async () => {
  const dataDir = await makeDataDir()
  const binDir = join(dataDir, 'usr/bin')
  await writeProgram(join(binDir, 'postgres'), 'echo "postgres (PostgreSQL) 17.4 (Homebrew)"')
  await writeProgram(join(binDir, 'initdb'))
  await writeProgram(join(binDir, 'pg_config'), `echo ${join(dataDir, 'share')}`)
  await writeEmpty(join(dataDir, 'share/extension/postgis.control'))
  expect(await findPostgres({ dataDir, searchPaths: [binDir] })).toMatchObject({
    version: 17,
    postgisAvailable: true,
  })
})

test('tells an unpacked tree where its libraries and projections are', async () => {
  const dataDir = await makeDataDir()
  const runtime = join(dataDir, 'runtime')
  await install(dataDir, 15, { postgis: true, below: 'runtime' })
  await writeEmpty(join(runtime, 'usr/lib/x86_64-linux-gnu/libgeos.so'))
  await writeEmpty(join(runtime, 'usr/share/proj/proj.db'))
  const found = await findPostgres({ dataDir, searchPaths: [] })
  expect(found?.env.LD_LIBRARY_PATH?.split(':')).toContain(
    join(runtime, 'usr/lib/x86_64-linux-gnu'),
  )
  expect(found?.env.PROJ_DATA).toBe(join(runtime, 'usr/share/proj'))
})

/** Lays out an installation as Debian does; returns the directory of its programs. */
async function install(
  dataDir: string,
  version: number,
  options: { postgis: boolean; below?: string },
): Promise<string> {
  const root = join(dataDir, options.below ?? `root-${version}`)
  const binDir = join(root, `usr/lib/postgresql/${version}/bin`)
  await writeProgram(join(binDir, 'postgres'))
  await writeProgram(join(binDir, 'initdb'))
  if (options.postgis) {
    await writeEmpty(join(root, `usr/share/postgresql/${version}/extension/postgis.control`))
  }
  return binDir
}

async function writeProgram(path: string, body = ''): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, `#!/bin/sh\n${body}\n`)
  await chmod(path, 0o755)
}

async function writeEmpty(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, '')
}
