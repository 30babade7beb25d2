import { execFile } from 'node:child_process'
import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { promisify } from 'node:util'
import type { Contender } from './compare.ts'
import type { Backstage, Login } from './open-backstage.ts'

const run = promisify(execFile)
/** More than any export here is long. */
const maxOutputBytes = 1024 * 1024 * 1024

/** PostgreSQL's own client, where its package has been installed. */
export async function findPsql({ binDir }: Backstage): Promise<string | undefined> {
  const path = join(binDir, 'psql')
  return await access(path).then(
    () => path,
    () => undefined,
  )
}

/** `\copy (statement) to stdout`, from start to end, again and again. */
export function psqlContender(options: {
  readonly path: string
  readonly environment: Readonly<Record<string, string>>
  readonly login: Login
  readonly statement: string
}): Contender {
  const { path, environment, login, statement } = options
  const copyOnce = () =>
    run(
      path,
      [
        ...['--no-psqlrc', '--quiet', `--host=${login.host}`, `--port=${login.port}`],
        ...[`--username=${login.user}`, `--dbname=${login.database}`],
        `--command=\\copy (${statement}) to stdout with (format csv, header)`,
      ],
      {
        env: { ...process.env, ...environment, PGPASSWORD: login.password },
        maxBuffer: maxOutputBytes,
        encoding: 'buffer',
      },
    )
  return {
    name: 'psql \\copy',
    async run(durationMs) {
      const startedAt = performance.now()
      let copies = 0
      while (copies === 0 || performance.now() - startedAt < durationMs) {
        await copyOnce()
        copies += 1
      }
      return (1_000 * copies) / (performance.now() - startedAt)
    },
  }
}
