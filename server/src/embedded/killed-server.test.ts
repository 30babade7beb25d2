import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import {
  getBinaries,
  makeDataDir,
  makeUsedDataDir,
  productDataDir,
  quickSettings,
  removeUsedDataDir,
  superuserPassword,
} from '../../test/embedded-fixture.ts'
import { startCluster } from './cluster.ts'
import { findPostmaster } from './leftover-postmaster.ts'
import { findRunningCluster } from './running-cluster.ts'
import { findCommandLine, findProcessIdentity, listProcesses } from './running-process.ts'

afterAll(removeUsedDataDir)

test('kill -9 of a server leaves nothing of its cluster running', async () => {
  const dataDir = await makeUsedDataDir()
  const server = startServer(dataDir)
  const pid = await waitUntilStarted(server)
  expect(listProcessesOf(dataDir).length).toBeGreaterThanOrEqual(2)
  server.kill('SIGKILL')
  await expect.poll(() => listProcessesOf(dataDir)).toEqual([])
  expect(findProcessIdentity(pid)).toBeUndefined()
  // It was shut down, not merely cut off.
  await expectCleanStart(dataDir)
})

test('kill -9 during the first start leaves nothing, and the next start works', async () => {
  const dataDir = await makeDataDir()
  const server = startServer(dataDir)
  // On its way, or just made when this test had to wait for its turn.
  await expect.poll(() => readdirSync(dataDir).join(), { interval: 10 }).toContain('pg')
  server.kill('SIGKILL')
  await expect.poll(() => listProcessesOf(dataDir)).toEqual([])
  await expectCleanStart(dataDir)
})

test('a cluster whose server and watchdog were killed is stopped by the next start', async () => {
  const dataDir = await makeUsedDataDir()
  const server = startServer(dataDir)
  const pid = await waitUntilStarted(server)
  // Held still, so that it cannot do anything about its watchdog.
  server.kill('SIGSTOP')
  for (const watchdog of listWatchdogsOf(dataDir)) process.kill(watchdog, 'SIGKILL')
  server.kill('SIGKILL')
  await once(server, 'exit')
  expect(findPostmaster(join(dataDir, 'pg'))?.pid).toBe(pid)
  const messages: string[] = []
  const cluster = await start(dataDir, messages)
  expect(messages.join()).toContain(`process ${pid}`)
  expect(findProcessIdentity(pid)).toBeUndefined()
  expect(cluster.pid).not.toBe(pid)
  await cluster.stop()
})

test('a cluster whose watchdog alone was killed ends, and the server learns of it', async () => {
  const dataDir = await makeUsedDataDir()
  const cluster = await start(dataDir, [])
  const [main] = listWatchdogsOf(dataDir)
  if (main === undefined) throw new Error('There is no watchdog.')
  process.kill(main, 'SIGKILL')
  expect(await cluster.exited).toBeNull()
  await expect.poll(() => listProcessesOf(dataDir)).toEqual([])
})

test("the terminal's Ctrl-C is for the server alone", async () => {
  const dataDir = await makeUsedDataDir()
  const server = startServer(dataDir)
  const pid = await waitUntilStarted(server)
  // What the terminal does: to everybody in the group. This server ignores it.
  process.kill(-(server.pid ?? 0), 'SIGINT')
  const address = await findRunningCluster(dataDir)
  const client = new pg.Client({ ...address, password: superuserPassword, database: 'postgres' })
  await client.connect()
  const { rows } = await client.query('select 1 as one')
  expect(rows).toEqual([{ one: 1 }])
  expect(findPostmaster(join(dataDir, 'pg'))?.pid).toBe(pid)
  await client.end()
})

/** A server in a process group of its own, as a shell gives to what it runs. */
function startServer(dataDir: string): ChildProcess {
  const [runner, script] = ['run-typescript.mjs', 'cluster-process.ts'].map((name) =>
    fileURLToPath(new URL(`../../test/${name}`, import.meta.url)),
  )
  const server = spawn(process.execPath, [runner ?? '', script ?? '', productDataDir, dataDir], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(async () => {
    server.kill('SIGKILL')
    await expect.poll(() => listProcessesOf(dataDir)).toEqual([])
  })
  return server
}

/** The process id of its PostgreSQL. */
async function waitUntilStarted(server: ChildProcess): Promise<number> {
  let text = ''
  for await (const chunk of server.stdout ?? []) {
    text += String(chunk)
    const pid = /^started (\d+)\n/m.exec(text)?.[1]
    if (pid !== undefined) return Number(pid)
  }
  throw new Error('The server ended before its cluster was up.')
}

/** Everything that was started for a data directory, but for the server itself. */
function listProcessesOf(dataDir: string): number[] {
  return listProcesses('').filter((pid) => {
    const line = findCommandLine(pid) ?? ''
    return line.includes(dataDir) && !line.includes('run-typescript')
  })
}

function listWatchdogsOf(dataDir: string): number[] {
  return listProcessesOf(dataDir).filter((pid) => findCommandLine(pid)?.startsWith('/bin/sh'))
}

async function start(dataDir: string, messages: string[]) {
  const cluster = await startCluster({
    binaries: await getBinaries(),
    dataDir,
    superuserPassword,
    observe: (observation) => {
      if (observation.event === 'cluster_progress') messages.push(observation.message)
    },
    settings: quickSettings,
  })
  onTestFinished(() => cluster.stop())
  return cluster
}

async function expectCleanStart(dataDir: string): Promise<void> {
  const cluster = await start(dataDir, [])
  await cluster.stop()
  const log = readFileSync(join(dataDir, 'log/postgres.log'), 'utf8')
  expect(log).not.toMatch(/not properly shut down|automatic recovery|was interrupted/)
}
