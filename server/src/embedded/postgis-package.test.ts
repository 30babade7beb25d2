import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeDataDir } from '../../test/embedded-fixture.ts'
import {
  findMajor,
  getDownloadBytes,
  getMajorFromMirrors,
  listMissingPackages,
} from './postgis-package.ts'
import { AptError, runApt } from './run-apt.ts'

const progress = () => undefined

test('takes the newest PostgreSQL for which there is PostGIS', async () => {
  const dataDir = await makeDataDir()
  const apt = await makeProgram(
    dataDir,
    `echo 'postgresql-98-postgis-3 - Geographic objects support'
     echo 'postgresql-99-postgis-3 - Geographic objects support'
     echo 'postgresql-9-postgis-3 - too old'`,
  )
  expect(await findMajor([apt], dataDir, progress)).toBe(99)
})

test('takes the version of the database files that are there', async () => {
  const dataDir = await makeDataDir()
  await mkdir(join(dataDir, 'pg'))
  await writeFile(join(dataDir, 'pg/PG_VERSION'), '98\n')
  const apt = await makeProgram(
    dataDir,
    `echo 'postgresql-98-postgis-3 - x'; echo 'postgresql-99-postgis-3 - x'`,
  )
  expect(await findMajor([apt], dataDir, progress)).toBe(98)
})

test('finds no version where package lists are missing', async () => {
  const dataDir = await makeDataDir()
  expect(await findMajor([await makeProgram(dataDir, '')], dataDir, progress)).toBeUndefined()
})

test('makes do with the mirrors that answer, and says what the others said if none has it', async () => {
  const dataDir = await makeDataDir()
  const search = `echo 'postgresql-99-postgis-3 - Geographic objects support'`
  const failing = `echo 'Err:1 http://example.org cannot be reached'; exit 100`
  const one = await makeProgram(dataDir, `case $1 in search) ${search};; *) ${failing};; esac`)
  expect(await getMajorFromMirrors({ get: [one], cache: [one] }, dataDir, progress)).toBe(99)
  const none = await makeProgram(dataDir, `case $1 in search) ;; *) ${failing};; esac`)
  const failure = getMajorFromMirrors({ get: [none], cache: [none] }, dataDir, progress)
  await expect(failure).rejects.toThrow('example.org cannot be reached')
})

test('reads from apt what is missing and how large it is', async () => {
  const dataDir = await makeDataDir()
  const apt = await makeProgram(
    dataDir,
    `echo 'Inst libgeos3 (3.11 Debian:12 [amd64])'
     echo 'Conf libgeos3 (3.11 Debian:12 [amd64])'
     echo "'http://example.org/a.deb' a.deb 1000 SHA256:00"
     echo "'http://example.org/b.deb' b.deb 234 SHA256:00"`,
  )
  expect(await listMissingPackages([apt], 'any', progress)).toEqual(['libgeos3'])
  expect(await getDownloadBytes([apt], progress)).toBe(1234)
})

test('a failure shows the last words of the program, of both its outputs', async () => {
  const dataDir = await makeDataDir()
  const apt = await makeProgram(
    dataDir,
    `for i in $(seq 100); do echo "line $i"; done; echo 'E: Unmet dependencies.' >&2; exit 100`,
  )
  const failure = runApt([apt], { doing: 'Installing', progress })
  await expect(failure).rejects.toThrow(AptError)
  await expect(failure).rejects.toThrow('E: Unmet dependencies.')
  await expect(failure).rejects.toThrow('line 100')
  await expect(failure).rejects.not.toThrow('line 50')
})

async function makeProgram(dir: string, body: string): Promise<string> {
  const path = join(dir, 'program')
  await writeFile(path, `#!/bin/sh\n${body}\n`)
  await chmod(path, 0o755)
  return path
}
