import {
  access,
  chmod,
  lstat,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import pg from 'pg'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import {
  getBinaries,
  makeDataDir,
  makeUsedDataDir,
  quickSettings,
  removeUsedDataDir,
  superuserPassword,
} from '../../test/embedded-fixture.ts'
import type { Observation } from '../observations.ts'
import { type Cluster, startCluster } from './cluster.ts'
import { EmbeddedError } from './embedded-error.ts'
import { getFreePort } from './free-port.ts'
import type { StartClusterOptions } from './prepare-cluster.ts'
import { findRunningCluster } from './running-cluster.ts'
import { findCommandLine, listProcesses } from './running-process.ts'

const isRoot = process.getuid?.() === 0

afterAll(removeUsedDataDir)

test('comes up from nothing, stops cleanly, and comes up again with all its data', async () => {
  const dataDir = await makeDataDir()
  const first = await start({ dataDir })
  await query(first, 'create table kept (id int)', 'insert into kept values (1)')
  expect(await findRunningCluster(dataDir)).toEqual({
    host: first.address.host,
    port: first.tcpPort,
    user: 'postern_admin',
  })
  await first.stop()
  expect(await first.exited).toBe(0)
  expect(await findRunningCluster(dataDir)).toBeUndefined()
  expect((await readdir(dataDir)).sort()).toEqual(['cluster.json', 'log', 'pg', 'run'])

  const second = await start({ dataDir })
  expect(second.address).toEqual(first.address)
  expect(await query(second, 'select id from kept')).toEqual([{ id: 1 }])
  await second.stop()
  const log = await readFile(join(dataDir, 'log/postgres.log'), 'utf8')
  expect(log).toContain('database system was shut down at')
  expect(log).not.toMatch(/not properly shut down|automatic recovery|was interrupted/)
})

test('keeps to its own user, its own files and its own machine, and asks for a SCRAM password', async () => {
  const dataDir = await makeUsedDataDir()
  const cluster = await start({ dataDir })
  for (const path of [join(dataDir, 'pg'), cluster.address.host]) {
    const { uid, mode } = await lstat(path)
    expect(mode & 0o777).toBe(0o700)
    // PostgreSQL insists on running as the owner of its files, and is not to run as root.
    expect(uid).not.toBe(0)
  }
  for (const host of [cluster.address.host, '127.0.0.1']) {
    const address = { ...cluster.address, host }
    expect(await query({ address }, 'select 1 as one')).toEqual([{ one: 1 }])
    const intruder = query({ address: { ...address, password: 'wrong' } }, 'select 1')
    await expect(intruder).rejects.toThrow('password authentication failed')
  }
  const methods = `select distinct auth_method from pg_hba_file_rules`
  expect(await query(cluster, methods)).toEqual([{ auth_method: 'scram-sha-256' }])
  expect(await query(cluster, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }])
  const secret = `select rolpassword like 'SCRAM-SHA-256$%' as scram from pg_authid where rolcanlogin`
  expect(await query(cluster, secret)).toEqual([{ scram: true }])
  await cluster.stop()
})

test('neither passwords nor statements reach the list of processes or the log', async () => {
  const dataDir = await makeDataDir()
  const seen = new Set<string>()
  const watch = setInterval(() => {
    for (const pid of listProcesses('')) seen.add(findCommandLine(pid) ?? '')
  }, 1)
  const cluster = await start({ dataDir })
  clearInterval(watch)
  for (const statement of [
    `create role k login password 'marker1'`,
    `create role k login password 'marker2'`,
    `select 'marker3' from nowhere`,
    `select 'marker4'::int`,
    `do $$ begin execute 'select ''marker5'' from nowhere'; end $$`,
    `select pg_terminate_backend(pg_backend_pid()), 'marker6'`,
  ]) {
    await query(cluster, statement).catch(() => undefined)
  }
  // A crash makes PostgreSQL quote the statement that the dead process was running.
  const client = await connect(cluster)
  const { rows } = await client.query('select pg_backend_pid() as pid')
  const dying = client.query(`select pg_sleep(60), 'marker7'`).catch(() => undefined)
  await expect
    .poll(() => query(cluster, `select from pg_stat_activity where query like '%marker7%'`))
    .toHaveLength(2)
  process.kill(rows[0].pid, 'SIGKILL')
  await dying
  await cluster.stop()

  const started = [...seen].filter((line) => line.includes(dataDir))
  expect(started.some((line) => line.includes('initdb'))).toBe(true)
  expect(started.some((line) => line.includes('postgres -D'))).toBe(true)
  expect([...seen].filter((line) => line.includes(superuserPassword))).toEqual([])
  const log = await readFile(join(dataDir, 'log/postgres.log'), 'utf8')
  expect(log).toContain('was terminated by signal 9')
  expect(log).not.toContain('marker')
  expect(log).not.toContain(superuserPassword)
})

test('finds its way when an earlier first start was cut off in the middle', async () => {
  const dataDir = await makeDataDir()
  await mkdir(join(dataDir, 'pg.new-abcdef/pg/base'), { recursive: true })
  await writeFile(join(dataDir, 'pg.new-abcdef/pg/PG_VERSION'), '15\n')
  await writeFile(join(dataDir, 'pg.new-abcdef/password'), superuserPassword)
  const cluster = await start({ dataDir })
  await cluster.stop()
  expect((await readdir(dataDir)).filter((name) => name.startsWith('pg'))).toEqual(['pg'])
})

test('leaves alone what it did not make', async () => {
  const dataDir = await makeDataDir()
  await mkdir(join(dataDir, 'pg'))
  await writeFile(join(dataDir, 'pg/precious'), 'data')
  await expect(start({ dataDir })).rejects.toThrow('where something else already is')
  expect(await readFile(join(dataDir, 'pg/precious'), 'utf8')).toBe('data')
  expect((await readdir(dataDir)).filter((name) => name.startsWith('pg.new'))).toEqual([])

  await writeFile(join(dataDir, 'pg/PG_VERSION'), '9\n')
  await expect(start({ dataDir })).rejects.toThrow('were made by PostgreSQL 9')
})

test('turns a second server on the same data directory away, with a sentence', async () => {
  const dataDir = await makeUsedDataDir()
  const cluster = await start({ dataDir })
  const second = start({ dataDir })
  await expect(second).rejects.toThrow(EmbeddedError)
  await expect(second).rejects.toThrow(`Another Postern (process ${process.pid}) already works on`)
  expect(await query(cluster, 'select 1 as one')).toEqual([{ one: 1 }])
  await cluster.stop()
})

test('keeps its socket elsewhere when the path would be too long, or odd', async () => {
  const parent = await makeDataDir()
  const tmpDir = await makeDataDir()
  const dataDir = join(parent, `${'long'.repeat(25)}, "with" it's oddities`)
  await rename(await makeUsedDataDir(), dataDir)
  const cluster = await start({ dataDir, tmpDir })
  expect(cluster.address.host.startsWith(tmpDir)).toBe(true)
  expect(await query(cluster, 'select 1 as one')).toEqual([{ one: 1 }])
  await cluster.stop()
  expect(await readdir(tmpDir)).toEqual([])

  const odd = join(parent, `a, "b" 'c'`)
  await rename(await makeUsedDataDir(), odd)
  const second = await start({ dataDir: odd, tmpDir })
  expect(second.address.host).toBe(join(odd, 'run'))
  expect(await query(second, 'select 1 as one')).toEqual([{ one: 1 }])
  await second.stop()
})

test('as root, goes elsewhere when its user cannot enter the data directory', async () => {
  const systemDir = await makeDataDir()
  const parent = await makeDataDir()
  await chmod(parent, 0o700)
  const dataDir = join(parent, 'data')
  const messages: string[] = []
  const observe = (observation: Observation) => {
    if (observation.event === 'cluster_progress') messages.push(observation.message)
  }
  const first = await start({ dataDir, systemDir, observe })
  await query(first, 'create table kept (id int)')
  await first.stop()
  expect((await lstat(join(dataDir, 'pg'))).isSymbolicLink()).toBe(isRoot)
  expect(await readdir(systemDir)).toHaveLength(isRoot ? 1 : 0)
  expect(messages.some((message) => message.includes(systemDir))).toBe(isRoot)

  const second = await start({ dataDir, systemDir })
  expect(await query(second, 'select * from kept')).toEqual([])
  await second.stop()
  expect(await readdir(systemDir)).toHaveLength(isRoot ? 1 : 0)

  await rm(dataDir, { recursive: true })
  const anew = await start({ dataDir, systemDir })
  await expect(query(anew, 'select * from kept')).rejects.toThrow('does not exist')
  await anew.stop()
})

test('says so when the database files that it points at are gone', async () => {
  const systemDir = await makeDataDir()
  const dataDir = await makeDataDir()
  await symlink(join(systemDir, 'gone/pg'), join(dataDir, 'pg'))
  await expect(start({ dataDir, systemDir })).rejects.toThrow('cannot be reached')
})

test('moves to another port when its last one is taken, but not from one it was told', async () => {
  const dataDir = await makeUsedDataDir()
  const port = await getFreePort()
  const first = await start({ dataDir, port })
  expect(first.tcpPort).toBe(port)
  await first.stop()
  const squatter = createServer().listen(port, '127.0.0.1')
  onTestFinished(() => void squatter.close())
  const second = await start({ dataDir })
  expect(second.tcpPort).not.toBe(port)
  await second.stop()
  await expect(start({ dataDir, port })).rejects.toThrow('did not start')
})

test('heeds the settings that it is given', async () => {
  const settings = { ...quickSettings, max_connections: '17', jit: 'on' }
  const cluster = await start({ dataDir: await makeUsedDataDir(), settings })
  expect(await query(cluster, 'show max_connections')).toEqual([{ max_connections: '17' }])
  expect(await query(cluster, 'show jit')).toEqual([{ jit: 'on' }])
  await cluster.stop()
})

test('gives up starting when it is told to', async () => {
  const dataDir = await makeDataDir()
  const signal = AbortSignal.abort(new Error('no longer wanted'))
  await expect(start({ dataDir, signal })).rejects.toThrow('no longer wanted')
  await expect(access(join(dataDir, 'server.lock'))).rejects.toThrow('ENOENT')
})

async function start(
  options: Partial<StartClusterOptions> & { dataDir: string },
): Promise<Cluster> {
  const cluster = await startCluster({
    binaries: await getBinaries(),
    superuserPassword,
    observe: () => undefined,
    settings: quickSettings,
    ...options,
  })
  onTestFinished(() => cluster.stop())
  return cluster
}

async function connect(cluster: Pick<Cluster, 'address'>): Promise<pg.Client> {
  const client = new pg.Client({ ...cluster.address, database: 'postgres' })
  client.on('error', () => undefined)
  await client.connect()
  return client
}

/** The rows of the last of some statements. */
async function query(
  cluster: Pick<Cluster, 'address'>,
  ...statements: string[]
): Promise<unknown[]> {
  const client = await connect(cluster)
  try {
    let rows: unknown[] = []
    for (const statement of statements) rows = (await client.query(statement)).rows
    return rows
  } finally {
    await client.end()
  }
}
