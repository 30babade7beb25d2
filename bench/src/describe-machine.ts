import { cpus, loadavg, release, totalmem, type } from 'node:os'
import type { Backstage } from './open-backstage.ts'

/** What the numbers depend on, and nothing that says whose machine it is. */
export async function describeMachine(
  { installation }: Backstage,
  database: string,
): Promise<readonly (readonly [name: string, value: string])[]> {
  const { rows } = await installation.admin
    .on(database)
    .query<{ postgres: string; postgis: string }>(
      `select current_setting('server_version') as postgres, postgis.postgis_lib_version() as postgis`,
    )
  const [cpu] = cpus()
  return [
    ['Processor', `${cpu?.model.trim() ?? 'unknown'}, ${cpus().length} cores`],
    ['Memory', `${Math.round(totalmem() / 2 ** 30)} GB`],
    ['System', `${type()} ${release()}`],
    ['Node', process.versions.node],
    ['PostgreSQL', rows[0]?.postgres ?? 'unknown'],
    ['PostGIS', rows[0]?.postgis ?? 'unknown'],
  ]
}

/** How busy the machine was in the minute before, with other things than this. */
export function currentLoad(): number {
  return loadavg()[0] ?? 0
}
