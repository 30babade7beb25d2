import { execFile } from 'node:child_process'
import { access, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Contender } from './compare.ts'
import type { Backstage, Login } from './open-backstage.ts'
import type { TileArea } from './tile-area.ts'

const run = promisify(execFile)

/** PostgreSQL's own load generator, where its package has been installed. */
export async function findPgbench({ binDir }: Backstage): Promise<string | undefined> {
  const path = join(binDir, 'pgbench')
  return await access(path).then(
    () => path,
    () => undefined,
  )
}

/**
 * The same statement without anything in front of PostgreSQL: tiles drawn at random from the same
 * area, one statement after the other on each connection, results thrown away.
 */
export function pgbenchContender(options: {
  readonly path: string
  readonly environment: Readonly<Record<string, string>>
  readonly login: Login
  readonly connections: number
  readonly statement: string
  readonly area: TileArea
  readonly maxFeatures: number
}): Contender {
  const { login } = options
  return {
    name: 'pgbench, prepared',
    async run(durationMs) {
      const directory = await mkdtemp(join(tmpdir(), 'postern-bench-'))
      try {
        const script = join(directory, 'tile.sql')
        await writeFile(script, scriptOf(options))
        const seconds = Math.max(1, Math.round(durationMs / 1_000))
        const { stdout } = await run(
          options.path,
          [
            ...['--no-vacuum', '--protocol=prepared', '--random-seed=1', `--file=${script}`],
            ...[`--client=${options.connections}`, '--jobs=1', `--time=${seconds}`],
            ...[`--host=${login.host}`, `--port=${login.port}`, `--username=${login.user}`],
            login.database,
          ],
          { env: { ...process.env, ...options.environment, PGPASSWORD: login.password } },
        )
        return readRate(stdout)
      } finally {
        await rm(directory, { recursive: true, force: true })
      }
    },
  }
}

/** pgbench knows variables by name, and turns them into parameters itself. */
function scriptOf({
  area,
  statement,
  maxFeatures,
}: Parameters<typeof pgbenchContender>[0]): string {
  const names = ['z', 'x', 'y', 'limit']
  return [
    `\\set z ${area.z}`,
    `\\set x random(${area.x.first}, ${area.x.last})`,
    `\\set y random(${area.y.first}, ${area.y.last})`,
    `\\set limit ${maxFeatures}`,
    `${statement.replace(/\$(\d)/g, (_match, number) => `:${names[Number(number) - 1]}`)};`,
  ].join('\n')
}

function readRate(output: string): number {
  const rate = Number(/^tps = ([\d.]+)/m.exec(output)?.[1])
  const failed = Number(/failed transactions: (\d+)/.exec(output)?.[1] ?? 0)
  if (Number.isNaN(rate) || failed > 0) throw new Error(`pgbench said:\n${output}`)
  return rate
}
