import type { Connection } from './api/connections.ts'
import type { ConnectionChanges, Registration } from './api/save-connection.ts'

type Config = Registration['config']

/** What is written into the form. */
export type ConnectionValues = {
  readonly name: string
  readonly host: string
  readonly port: string
  readonly database: string
  readonly user: string
  /** Empty: the one that is kept. */
  readonly password: string
  readonly tls: NonNullable<Config['tls']>
  readonly ca: string
}

export function connectionValues(connection?: Connection): ConnectionValues {
  const name = connection?.name ?? ''
  const config: Partial<Config> = connection?.config ?? {}
  return {
    name,
    host: config.host ?? '',
    port: String(config.port ?? 5432),
    database: config.database ?? '',
    user: config.user ?? '',
    password: '',
    tls: config.tls ?? 'verify-full',
    ca: config.ca ?? '',
  }
}

/** The whole of it, for a new connection or a test. */
export function toConfig({
  host,
  port,
  database,
  user,
  password,
  tls,
  ca,
}: ConnectionValues): Config {
  return {
    host: host.trim(),
    port: Number(port),
    database,
    user,
    password,
    tls,
    ...(ca.trim() !== '' && { ca }),
  }
}

/** What is to be sent: of a connection that is there, only what is different. */
export function toRequest(
  values: ConnectionValues,
  connection?: Connection,
): Registration | ConnectionChanges {
  const config = toConfig(values)
  if (connection === undefined) return { name: values.name, config }
  const before = connectionValues(connection)
  const changed = Object.entries(config).filter(([name, value]) =>
    name === 'password' ? value !== '' : String(value) !== before[name as keyof ConnectionValues],
  )
  return {
    ...(values.name !== before.name && { name: values.name }),
    ...(changed.length > 0 && { config: Object.fromEntries(changed) as Partial<Config> }),
  }
}
