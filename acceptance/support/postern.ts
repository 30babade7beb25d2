import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Finished, type RunningCommand, runPostern, spawnPostern } from './command-line.ts'
import { copyFirstStart } from './first-start.ts'
import { getFreePort } from './free-port.ts'
import { commandLines, listProcessesOf } from './processes.ts'

/** What `account create --json` and demo-credentials.json say. */
export type AccountCredentials = {
  readonly account: string
  readonly base_url: string
  readonly master_key: string
  readonly password: string
}

/** A Postern of this test's own: the real program, in a directory of its own, on a port of its own. */
export type Postern = {
  readonly url: string
  readonly port: number
  readonly dataDir: string
  /** What its environment says, for commands on the same installation. */
  readonly settings: Readonly<Record<string, string>>
  readonly demo: AccountCredentials
  readonly pid: number
  /** What the server has written so far, on both streams. */
  output(): string
  /** Runs `postern ...` on the same installation. */
  run(...args: string[]): Promise<Finished>
  /** An account of this name. The usual ones have been made before, as this makes the others. */
  createAccount(name: string): Promise<AccountCredentials>
  /** Remembers something that must never be found in what the server writes. */
  keepSecret(secret: string): void
  /** Sends a signal to the server process alone and waits until it is gone. */
  kill(signal: NodeJS.Signals): Promise<number | null>
  /** Starts the server again on the same directory. */
  restart(): Promise<void>
  /**
   * Stops the server, throws when it was not a clean stop, left a process behind or has written a
   * secret anywhere, and removes the directory.
   */
  stop(): Promise<void>
}

/**
 * Starts a server and waits until it is ready. `environment` is added to what it needs; a data
 * directory that it names becomes this server's own. Without one, and without a database, the server
 * starts for the second time on a copy of a first start.
 */
export async function startPostern(environment: Record<string, string> = {}): Promise<Postern> {
  const dataDir = environment.POSTERN_DATA_DIR ?? (await makeDataDir())
  const startedAtMs = Date.now()
  const isEmpty = [environment.POSTERN_DATA_DIR, environment.DATABASE_URL].every((it) => !it)
  const accounts = isEmpty ? await copyFirstStart(dataDir) : []
  const port = await getFreePort()
  const url = `http://127.0.0.1:${port}`
  const settings = { POSTERN_PORT: String(port), POSTERN_DATA_DIR: dataDir, ...environment }
  const secrets = new Set<string>()
  let writtenBefore = ''
  let server: RunningCommand

  const written = () => writtenBefore + server.output()

  async function launch(): Promise<void> {
    server = spawnPostern(['start'], settings)
    for (let attempt = 0; ; attempt += 1) {
      if (server.child.exitCode !== null || attempt > 1_800) {
        throw new Error(`The server did not start:\n${written()}`)
      }
      const ready = await fetch(`${url}/health`).catch(() => undefined)
      if (ready?.status === 200) return
      await sleep(100)
    }
  }

  async function kill(signal: NodeJS.Signals): Promise<number | null> {
    const { child } = server
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode
    const gone = new Promise<number | null>((resolve) => child.once('exit', resolve))
    child.kill(signal)
    return gone
  }

  try {
    await launch()
  } catch (error) {
    await rm(dataDir, { recursive: true, force: true })
    throw error
  }
  const file = await readFile(join(dataDir, 'demo-credentials.json'), 'utf8')
  // The first start was reached at another address.
  const moved = (account: AccountCredentials): AccountCredentials => ({
    ...account,
    base_url: `${environment.POSTERN_PUBLIC_URL ?? url}/user/${account.account}`,
  })
  const demo = moved(JSON.parse(file) as AccountCredentials)
  const madeBefore = new Map(accounts.map((account) => [account.account, moved(account)]))
  for (const secret of [demo.master_key, demo.password]) secrets.add(secret)

  return {
    url,
    port,
    dataDir,
    settings,
    demo,
    get pid() {
      return server.pid
    },
    output: written,
    run: (...args) => runPostern(args, settings),
    async createAccount(name) {
      const account = madeBefore.get(name) ?? (await createAccount(name, settings))
      madeBefore.delete(name)
      for (const secret of [account.master_key, account.password]) secrets.add(secret)
      return account
    },
    keepSecret: (secret) => {
      secrets.add(secret)
    },
    kill,
    async restart() {
      writtenBefore = written()
      await launch()
    },
    async stop() {
      const pattern = secretPattern(secrets)
      const isIn = (text: string) => pattern.test(text)
      const found = isIn(commandLines()) ? ['a process list'] : []
      const code = await kill('SIGINT')
      if (isIn(written())) found.push('the output')
      for (const path of await filesWrittenBy(dataDir, isEmpty ? startedAtMs : 0)) {
        if (isIn(await readFile(path, 'latin1'))) found.push(path)
      }
      // Beside a test that failed with a 5xx, its cause; most runs have none.
      const causes = written()
        .split('\n')
        .filter((line) => line.includes('"internal_error"'))
      if (causes.length > 0) console.error(causes.join('\n'))
      const leftover = listProcessesOf(dataDir)
      await rm(dataDir, { recursive: true, force: true })
      if (found.length > 0) throw new Error(`A secret was found in: ${found.join(', ')}`)
      if (code !== 0) throw new Error(`The server exited with ${code}:\n${written()}`)
      if (leftover.length > 0) throw new Error(`The server left processes behind: ${leftover}`)
    },
  }
}

async function createAccount(
  name: string,
  settings: Readonly<Record<string, string>>,
): Promise<AccountCredentials> {
  const { code, stdout, stderr } = await runPostern(['account', 'create', name, '--json'], settings)
  if (code !== 0) throw new Error(`account create ${name}: ${stderr}`)
  return JSON.parse(stdout) as AccountCredentials
}

/** An empty directory for one server, which everybody may pass through. */
export async function makeDataDir(): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'postern-acceptance-'))
  await chmod(dataDir, 0o711)
  return dataDir
}

/** Matches any of the secrets: one pass over a text, however many there are. */
function secretPattern(secrets: ReadonlySet<string>): RegExp {
  const escaped = [...secrets].map((secret) => secret.replace(/[^A-Za-z0-9]/g, '\\$&'))
  return new RegExp(escaped.join('|'))
}

/**
 * Everything under the data directory that was written since, but the three files whose purpose is to
 * hold a secret. What a first start has written is older in its copies.
 */
async function filesWrittenBy(dataDir: string, sinceMs: number): Promise<string[]> {
  const names = await readdir(dataDir, { recursive: true })
  const paths = names
    .filter(
      (name) => !['demo-credentials.json', 'secrets.json', 'postgres-password'].includes(name),
    )
    .map((name) => join(dataDir, name))
  const files: string[] = []
  for (const path of paths) {
    const entry = await stat(path).catch(() => undefined)
    if (entry?.isFile() && entry.mtimeMs >= sinceMs) files.push(path)
  }
  return files
}

export function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}
