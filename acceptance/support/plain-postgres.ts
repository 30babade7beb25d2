import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, readlinkSync, statSync } from 'node:fs'
import { chmod, chown, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import pg from 'pg'
import { getFreePort } from './free-port.ts'
import { type Postern, sleep } from './postern.ts'
import { postmasterPid } from './postmaster.ts'

const superuser = { user: 'operator', password: 'of-the-operator-alone' }

/** A PostgreSQL of somebody else's, which Postern is told of by its address. */
export type PlainPostgres = {
  /** What `DATABASE_URL` says for a role of it. */
  url(user?: string, password?: string): string
  /** Runs SQL as its superuser. */
  query(sql: string): Promise<Record<string, unknown>[]>
  /** Runs a script with psql as its superuser. */
  psql(script: string): Promise<{ code: number | null; output: string }>
  stop(): Promise<void>
}

/** Starts one with the programs, and as the user, of a running Postern's own. */
export async function startPlainPostgres({
  dataDir,
}: Pick<Postern, 'dataDir'>): Promise<PlainPostgres> {
  const { binDir, uid, gid, env } = describeRunning(dataDir)
  const home = await mkdtemp(join(tmpdir(), 'postern-plain-'))
  const files = join(home, 'files')
  const passwordFile = join(home, 'password')
  await writeFile(passwordFile, superuser.password, { mode: 0o600 })
  for (const path of [home, passwordFile]) await chown(path, uid, gid)
  await chmod(home, 0o700)
  const asOwner = { uid, gid, env, cwd: '/', stdio: 'ignore' } as const

  const initdb = spawn(
    join(binDir, 'initdb'),
    [
      ...['-D', files, '-U', superuser.user, '--pwfile', passwordFile, '--auth', 'scram-sha-256'],
      ...['--encoding', 'UTF8', '--locale', 'C', '--no-sync'],
    ],
    asOwner,
  )
  const [initCode] = await once(initdb, 'exit')
  if (initCode !== 0) throw new Error(`initdb exited with ${initCode}`)
  const port = await getFreePort()
  const server = spawn(
    join(binDir, 'postgres'),
    [
      ...['-D', files, '-p', String(port), '-k', home],
      ...['-c', 'listen_addresses=127.0.0.1', '-c', 'fsync=off', '-c', 'shared_buffers=32MB'],
    ],
    asOwner,
  )
  const url = (user = superuser.user, password = superuser.password) =>
    `postgres://${user}:${password}@127.0.0.1:${port}/postgres`

  async function query(sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ connectionString: url() })
    try {
      await client.connect()
      return (await client.query(sql)).rows
    } finally {
      await client.end()
    }
  }

  for (let attempt = 0; ; attempt += 1) {
    const error = await query('select 1').then(() => undefined, String)
    if (error === undefined) break
    if (attempt > 1_200 || server.exitCode !== null) throw new Error(`It did not start: ${error}`)
    await sleep(100)
  }
  return {
    url,
    query,
    async psql(script) {
      const psql = spawn(join(binDir, 'psql'), ['-v', 'ON_ERROR_STOP=1', '-X', url()], {
        env,
        stdio: ['pipe', 'pipe', 'pipe'],
      })
      let output = ''
      for (const stream of [psql.stdout, psql.stderr]) {
        stream.on('data', (chunk: Buffer) => {
          output += chunk
        })
      }
      psql.stdin.end(script)
      const [code] = await once(psql, 'close')
      return { code, output }
    },
    async stop() {
      if (server.exitCode === null) {
        server.kill('SIGINT')
        await once(server, 'exit')
      }
      await rm(home, { recursive: true, force: true })
    },
  }
}

/** The programs and the user of the PostgreSQL that a Postern runs. */
function describeRunning(dataDir: string): {
  binDir: string
  uid: number
  gid: number
  env: Record<string, string>
} {
  const pid = postmasterPid({ dataDir })
  const { uid, gid } = statSync(`/proc/${pid}`)
  const variables = readFileSync(`/proc/${pid}/environ`, 'utf8')
    .split('\0')
    .flatMap((line) => {
      const [, name, value] = /^([A-Z_]+)=(.*)$/.exec(line) ?? []
      return name === undefined || value === undefined ? [] : [[name, value] as const]
    })
  // Its own settings are not another's.
  const env = Object.fromEntries(variables.filter(([name]) => !/^(PG|POSTERN)/.test(name)))
  return { binDir: dirname(readlinkSync(`/proc/${pid}/exe`)), uid, gid, env }
}
