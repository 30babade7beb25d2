import { createServer } from 'node:net'
import pg from 'pg'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import {
  getBinaries,
  makeUsedDataDir,
  quickSettings,
  removeUsedDataDir,
  superuserPassword,
} from '../../test/embedded-fixture.ts'
import { until } from '../../test/until.ts'
import type { Observation } from '../observations.ts'
import type { StartClusterOptions } from './prepare-cluster.ts'
import { findProcessIdentity, sendSignal } from './running-process.ts'
import { type SupervisedCluster, superviseCluster } from './supervise-cluster.ts'

afterAll(removeUsedDataDir)

test('brings a killed PostgreSQL back at the same address, with every acknowledged write', async () => {
  const dataDir = await makeUsedDataDir()
  // Not the quick settings: this is about what is on disk when an answer has been given.
  const settings = { ...quickSettings, fsync: 'on' }
  const { cluster, observations } = await supervise({ dataDir, settings })
  const { address } = cluster
  const client = await connect(cluster)
  await client.query('create table kept (id int)')
  let acknowledged = 0
  const writing = (async () => {
    for (;;) {
      await client.query('insert into kept values ($1)', [acknowledged + 1])
      acknowledged += 1
    }
  })().catch(() => undefined)
  await expect.poll(() => acknowledged).toBeGreaterThan(50)
  killPostmaster(cluster)
  await writing

  await expect.poll(() => tryToCount(cluster)).toBeGreaterThanOrEqual(acknowledged)
  expect(cluster.address).toEqual(address)
  expect(observations).toContainEqual({ event: 'cluster_exited', exitCode: 137, restarting: true })
  await cluster.stop()
})

test('is not held up by a session that computes on after PostgreSQL was killed', async () => {
  const { cluster } = await supervise({ dataDir: await makeUsedDataDir() })
  const client = await connect(cluster)
  const { rows } = await client.query('select pg_backend_pid() as pid')
  const { pid } = rows[0]
  const computing = client.query('select count(*) from generate_series(1, 1e12)')
  computing.catch(() => undefined)
  const other = await connect(cluster)
  await other.query('create table kept (id int)')
  await expect
    .poll(async () => {
      const activity = await other.query('select state from pg_stat_activity where pid = $1', [pid])
      return activity.rows[0].state
    })
    .toBe('active')
  killPostmaster(cluster)
  await expect.poll(() => tryToCount(cluster)).toBe(0)
  expect(findProcessIdentity(pid)).toBeUndefined()
  await cluster.stop()
})

test('keeps trying while its port is taken, and ends when told to, also between two tries', async () => {
  const { cluster, observations } = await supervise({ dataDir: await makeUsedDataDir() })
  const squatter = createServer()
  onTestFinished(() => void squatter.close())
  const squat = () =>
    new Promise<boolean>((resolve) => {
      squatter.once('error', () => resolve(false))
      squatter.listen(cluster.tcpPort, '127.0.0.1', () => resolve(true))
    })
  // PostgreSQL can be back before somebody else has come: then it is killed once more.
  await until(async () => {
    const pid = cluster.findPid()
    if (pid !== undefined) sendSignal(pid, 'SIGKILL')
    expect(await squat()).toBe(true)
  })
  await expect
    .poll(() => JSON.stringify(observations))
    .toContain('could not create any TCP/IP sockets')
  await cluster.stop()
  expect(cluster.findPid()).toBeUndefined()
})

test('does not bring back what it was told to stop', async () => {
  const { cluster, observations } = await supervise({ dataDir: await makeUsedDataDir() })
  const pid = cluster.findPid() ?? 0
  await Promise.all([cluster.stop(), cluster.stop()])
  expect(findProcessIdentity(pid)).toBeUndefined()
  expect(observations.filter(({ event }) => event === 'cluster_exited')).toEqual([])
})

async function supervise(options: Partial<StartClusterOptions> & { dataDir: string }) {
  const observations: Observation[] = []
  const cluster = await superviseCluster({
    binaries: await getBinaries(),
    superuserPassword,
    observe: (observation) => observations.push(observation),
    settings: quickSettings,
    ...options,
  })
  onTestFinished(() => cluster.stop())
  return { cluster, observations }
}

function killPostmaster(cluster: SupervisedCluster): void {
  const pid = cluster.findPid()
  if (pid === undefined) throw new Error('There is nothing to kill.')
  process.kill(pid, 'SIGKILL')
}

/** The rows of `kept`; undefined while nobody answers. */
async function tryToCount(cluster: SupervisedCluster): Promise<number | undefined> {
  try {
    const client = await connect(cluster)
    const { rows } = await client.query('select count(*)::int as count from kept')
    await client.end()
    return rows[0].count
  } catch {
    return undefined
  }
}

async function connect(cluster: SupervisedCluster): Promise<pg.Client> {
  const client = new pg.Client({ ...cluster.address, database: 'postgres' })
  client.on('error', () => undefined)
  await client.connect()
  return client
}
