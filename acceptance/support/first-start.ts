import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import {
  appendFile,
  chmod,
  mkdir,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { inject } from 'vitest'
import { runPostern, spawnPostern } from './command-line.ts'
import { getFreePort } from './free-port.ts'
import type { AccountCredentials } from './postern.ts'

const deadlineMs = 240_000

/** What most files call their accounts. Making one takes as long as starting the server. */
const usualNames = ['alice', 'bob', 'owner']

/** What has become of the one first start of a run. */
type Outcome = { readonly accounts: readonly AccountCredentials[] } | { readonly failure: string }

/**
 * Fills an empty directory with what a first start leaves behind: cluster, template and demo
 * account; and with accounts of the usual names, which it returns. The first start itself happens
 * once in a run, in whichever process comes first: it is most of what starting a server costs, and
 * its own tests do without this.
 */
export async function copyFirstStart(dataDir: string): Promise<readonly AccountCredentials[]> {
  const directory = inject('firstStartDir')
  const original = join(directory, 'data')
  const outcome = join(directory, 'outcome')
  const isMaker = await mkdir(original).then(
    () => true,
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'EEXIST') return false
      throw error
    },
  )
  if (isMaker) {
    const made = await makeFirstStart(original).then(
      (accounts): Outcome => ({ accounts }),
      (error: unknown): Outcome => ({ failure: String(error) }),
    )
    // In one step: whoever waits must not read half of it.
    await writeFile(`${outcome}.new`, JSON.stringify(made))
    await rename(`${outcome}.new`, outcome)
  }
  const made = JSON.parse(await waitForFile(outcome)) as Outcome
  if ('failure' in made) throw new Error(made.failure)
  // With owners and modes: PostgreSQL's files may be another user's.
  await promisify(execFile)('cp', ['-a', `${original}/.`, dataDir])
  return made.accounts
}

async function makeFirstStart(dataDir: string): Promise<AccountCredentials[]> {
  await chmod(dataDir, 0o711)
  // What only the product's own data directory has, where PostgreSQL could not be installed.
  const runtime = fileURLToPath(new URL('../../data/runtime', import.meta.url))
  if (existsSync(runtime)) await symlink(runtime, join(dataDir, 'runtime'))
  const port = String(await getFreePort())
  const settings = { POSTERN_PORT: port, POSTERN_DATA_DIR: dataDir }
  const server = spawnPostern(['start'], settings)
  const deadline = Date.now() + deadlineMs
  let isReady = false
  while (!isReady && server.child.exitCode === null && Date.now() < deadline) {
    const health = await fetch(`http://127.0.0.1:${port}/health`).catch(() => undefined)
    isReady = health?.status === 200
    if (!isReady) await sleep(100)
  }
  const accounts: AccountCredentials[] = []
  for (const name of isReady ? usualNames : []) {
    const { stdout, stderr } = await runPostern(['account', 'create', name, '--json'], settings)
    if (stdout === '') throw new Error(`account create ${name}: ${stderr}`)
    accounts.push(JSON.parse(stdout) as AccountCredentials)
  }
  server.child.kill('SIGINT')
  const { code } = await server.finished
  if (!isReady || code !== 0) throw new Error(`The first start failed:\n${server.output()}`)
  // Every copy looks for a port of its own.
  await rm(join(dataDir, 'cluster.json'))
  // The copies may be careless about power cuts; about processes that are killed they are not.
  const careless = 'fsync = off\nfull_page_writes = off\n'
  await appendFile(join(dataDir, 'pg', 'postgresql.auto.conf'), careless)
  return accounts
}

async function waitForFile(path: string): Promise<string> {
  const deadline = Date.now() + deadlineMs
  while (Date.now() < deadline) {
    const text = await readFile(path, 'utf8').catch(() => undefined)
    if (text !== undefined) return text
    await sleep(100)
  }
  throw new Error('The first start of this run did not end.')
}

function sleep(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms))
}
