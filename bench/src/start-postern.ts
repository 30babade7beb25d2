import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, mkdir, mkdtemp, open, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { getFreePort } from '@postern/server/embedded/free-port.js'
import type { Cleanup } from './cleanup.ts'

const commandLine = fileURLToPath(new URL('../../cli/bin/postern.js', import.meta.url))
const startDeadlineMs = 180_000
const stopDeadlineMs = 20_000

/** A Postern that runs as in production, in a directory of its own that goes when it goes. */
export type Postern = {
  readonly port: number
  readonly dataDir: string
  readonly account: string
  readonly masterKey: string
}

/**
 * Starts Postern on a free port with an embedded cluster, an account `bench` and its log in a file.
 * Nothing of the caller's own installation is touched. `settings` are added to its environment. Throws with the end of its log when it does
 * not get ready.
 */
export async function startPostern(
  cleanup: Cleanup,
  settings: Readonly<Record<string, string>> = {},
): Promise<Postern> {
  const directory = await mkdtemp(join(tmpdir(), 'postern-bench-'))
  cleanup.add(() => rm(directory, { recursive: true, force: true }))
  // PostgreSQL may run as another user, who must get through: else it keeps its files elsewhere.
  await chmod(directory, 0o711)
  const dataDir = join(directory, 'data')
  await mkdir(dataDir)
  const port = await getFreePort()
  const environment = {
    ...environmentOfOthers(),
    POSTERN_DATA_DIR: dataDir,
    POSTERN_PORT: String(port),
    POSTERN_LOG_LEVEL: 'info',
    // Counted like everywhere, and never met.
    POSTERN_RATE_LIMIT: '1000000',
    ...settings,
  }

  const logPath = join(directory, 'server.log')
  const log = await open(logPath, 'w')
  // Of its own process group: Ctrl-C is for this process, which then stops that one.
  const server = spawn(process.execPath, [commandLine, 'start'], {
    env: environment,
    stdio: ['ignore', log.fd, log.fd],
    detached: true,
  })
  const exited = once(server, 'exit')
  cleanup.add(async () => {
    await log.close()
    server.kill('SIGTERM')
    const timer = setTimeout(() => server.kill('SIGKILL'), stopDeadlineMs)
    await exited
    clearTimeout(timer)
  })
  await waitUntilReady(port, () => server.exitCode !== null).catch(async (error: unknown) => {
    const lines = (await readFile(logPath, 'utf8')).trimEnd().split('\n')
    throw new Error(`Postern did not start:\n${lines.slice(-10).join('\n')}`, { cause: error })
  })

  const { stdout } = await promisify(execFile)(
    process.execPath,
    [commandLine, 'account', 'create', 'bench', '--json'],
    { env: environment },
  )
  const created = JSON.parse(stdout) as { account: string; master_key: string }
  return { port, dataDir, account: created.account, masterKey: created.master_key }
}

/** The environment without settings that are meant for somebody's own installation. */
function environmentOfOthers(): NodeJS.ProcessEnv {
  const entries = Object.entries(process.env)
  return Object.fromEntries(
    entries.filter(([name]) => !name.startsWith('POSTERN_') && name !== 'DATABASE_URL'),
  )
}

async function waitUntilReady(port: number, hasEnded: () => boolean): Promise<void> {
  const deadline = Date.now() + startDeadlineMs
  while (Date.now() < deadline && !hasEnded()) {
    const response = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    await response?.body?.cancel()
    if (response?.ok === true) return
    await sleep(100)
  }
  throw new Error('It did not answer that it is ready.')
}
