import { readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { makeDataDir } from '../../test/embedded-fixture.ts'
import { EmbeddedError } from './embedded-error.ts'
import { acquireServerLock, findLockHolder } from './server-lock.ts'

test('lets one in, names the holder to the next, and lets that one in afterwards', async () => {
  const dataDir = await makeDataDir()
  const lock = await acquireServerLock(dataDir)
  expect(await findLockHolder(dataDir)).toBe(process.pid)
  const second = acquireServerLock(dataDir)
  await expect(second).rejects.toThrow(EmbeddedError)
  await expect(second).rejects.toThrow(`process ${process.pid}`)
  await lock.release()
  await (await acquireServerLock(dataDir)).release()
  expect(await readdir(dataDir)).toEqual([])
})

test.each([
  ['whose process is gone', JSON.stringify({ pid: 2 ** 22 + 1, identity: 'boot:1' })],
  ['whose pid belongs to another process by now', JSON.stringify({ pid: 1, identity: 'boot:1' })],
  ['that is not one of ours', 'nonsense'],
  ['that was cut off', ''],
])('takes over a lock %s', async (_, content) => {
  const dataDir = await makeDataDir()
  await writeFile(join(dataDir, 'server.lock'), content)
  expect(await findLockHolder(dataDir)).toBeUndefined()
  const lock = await acquireServerLock(dataDir)
  expect(await findLockHolder(dataDir)).toBe(process.pid)
  await lock.release()
})

test('lets exactly one of many take over a stale lock', async () => {
  const dataDir = await makeDataDir()
  await writeFile(join(dataDir, 'server.lock'), '{"pid":1,"identity":"boot:1"}')
  const attempts = await Promise.allSettled(
    Array.from({ length: 20 }, () => acquireServerLock(dataDir)),
  )
  expect(attempts.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect(await readdir(dataDir)).toEqual(['server.lock'])
})

test('a release that comes late does not take the lock of a successor', async () => {
  const dataDir = await makeDataDir()
  const lock = await acquireServerLock(dataDir)
  await writeFile(join(dataDir, 'server.lock'), '{"pid":1,"identity":"of the successor"}')
  await lock.release()
  expect(await readdir(dataDir)).toEqual(['server.lock'])
})
