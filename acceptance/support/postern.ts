import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const commandLine = fileURLToPath(new URL('../../cli/bin/postern.js', import.meta.url))

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
  readonly demo: AccountCredentials
  readonly pid: number
  /** What the server has written so far, on both streams. */
  output(): string
  /** Runs `postern ...` on the same installation. */
  run(...args: string[]): Promise<{ code: number | null; stdout: string; stderr: string }>
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

/** Starts a server and waits until it is ready. `environment` is added to what it needs. */
export async function startPostern(environment: Record<string, string> = {}): Promise<Postern> {
  const dataDir = await mkdtemp(join(tmpdir(), 'postern-acceptance-'))
  await chmod(dataDir, 0o711)
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const env = {
    ...process.env,
    POSTERN_PORT: String(port),
    POSTERN_DATA_DIR: dataDir,
    ...environment,
  }
  const secrets = new Set<string>()
  let written = ''
  let child: ChildProcess

  async function launch(): Promise<void> {
    child = spawn(process.execPath, [commandLine, 'start'], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
      // As under a terminal's own group, but not this one's: Ctrl-C here must not reach it twice.
      detached: true,
    })
    const collect = (chunk: Buffer) => {
      written += chunk.toString('utf8')
    }
    child.stdout?.on('data', collect)
    child.stderr?.on('data', collect)
    for (let attempt = 0; ; attempt += 1) {
      if (child.exitCode !== null || attempt > 1_200) {
        throw new Error(`The server did not start:\n${written}`)
      }
      const ready = await fetch(`${url}/health`).catch(() => undefined)
      if (ready?.status === 200) return
      await sleep(100)
    }
  }

  async function run(...args: string[]) {
    const command = spawn(process.execPath, [commandLine, ...args], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let stdout = ''
    let stderr = ''
    command.stdout.on('data', (chunk: Buffer) => {
      stdout += chunk
    })
    command.stderr.on('data', (chunk: Buffer) => {
      stderr += chunk
    })
    const code = await new Promise<number | null>((resolve) => command.on('close', resolve))
    return { code, stdout, stderr }
  }

  async function kill(signal: NodeJS.Signals): Promise<number | null> {
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
  const demo = JSON.parse(file) as AccountCredentials
  for (const secret of [demo.master_key, demo.password]) secrets.add(secret)

  return {
    url,
    port,
    dataDir,
    demo,
    get pid() {
      return child.pid ?? 0
    },
    output: () => written,
    run,
    async createAccount(name) {
      const { code, stdout, stderr } = await run('account', 'create', name, '--json')
      if (code !== 0) throw new Error(`account create ${name}: ${stderr}`)
      const account = JSON.parse(stdout) as AccountCredentials
      for (const secret of [account.master_key, account.password]) secrets.add(secret)
      return account
    },
    keepSecret: (secret) => {
      secrets.add(secret)
    },
    kill,
    restart: launch,
    async stop() {
      const found: string[] = []
      for (const secret of secrets) {
        if (processLists().includes(secret)) found.push('a process list')
      }
      const code = await kill('SIGINT')
      for (const secret of secrets) {
        if (written.includes(secret)) found.push('the output')
        for (const path of await filesWrittenBy(dataDir)) {
          if ((await readFile(path, 'utf8')).includes(secret)) found.push(path)
        }
      }
      const leftover = processLists().includes(dataDir)
      await rm(dataDir, { recursive: true, force: true })
      if (found.length > 0) throw new Error(`A secret was found in: ${found.join(', ')}`)
      if (code !== 0) throw new Error(`The server exited with ${code}:\n${written}`)
      if (leftover) throw new Error('The server left a process behind.')
    },
  }
}

/** Everything under the data directory but the three files whose purpose is to hold a secret. */
async function filesWrittenBy(dataDir: string): Promise<string[]> {
  const names = await readdir(dataDir, { recursive: true })
  const paths = names
    .filter(
      (name) => !['demo-credentials.json', 'secrets.json', 'postgres-password'].includes(name),
    )
    .map((name) => join(dataDir, name))
  const files: string[] = []
  for (const path of paths) {
    const isFile = await stat(path).then(
      (entry) => entry.isFile(),
      () => false,
    )
    if (isFile) files.push(path)
  }
  return files
}

/** The command lines and environments' names of every process that we can see. */
function processLists(): string {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
      } catch {
        return ''
      }
    })
    .join('\n')
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('No free port.')
  return address.port
}

export function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}
