import { writeSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeDataDir } from '../../test/embedded-fixture.ts'
import { until } from '../../test/until.ts'
import { openClusterLog } from './cluster-log.ts'

test('keeps the current file and the one before it, and no more', async () => {
  const dataDir = await makeDataDir()
  const log = await openClusterLog(dataDir, { maxBytes: 100, checkEveryMs: 1 })
  for (const letter of ['a', 'b', 'c']) {
    writeSync(log.fd, letter.repeat(150))
    await until(() => expect(log.size()).toBe(0))
  }
  // Whoever holds the descriptor goes on at the new end, not at the old one.
  writeSync(log.fd, 'd')
  expect(await readFile(log.path, 'utf8')).toBe('d')
  expect(await readFile(`${log.path}.1`, 'utf8')).toBe('c'.repeat(150))
  log.close()
})

test('reads what came after a point, and after a rotation what there is', async () => {
  const log = await openClusterLog(await makeDataDir())
  writeSync(log.fd, 'before ')
  const offset = log.size()
  writeSync(log.fd, 'after')
  expect(await log.readSince(offset)).toBe('after')
  expect(await log.readSince(1_000)).toBe('before after')
  log.close()
})

test('is for the eyes of its owner only', async () => {
  const dataDir = await makeDataDir()
  const log = await openClusterLog(dataDir)
  log.close()
  expect((await stat(join(dataDir, 'log'))).mode & 0o777).toBe(0o700)
  expect((await stat(log.path)).mode & 0o777).toBe(0o600)
})
