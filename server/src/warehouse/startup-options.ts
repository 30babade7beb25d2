/**
 * What every session starts with and DISCARD ALL returns to. Sent at log-in, these win over
 * anything that a role has stored with ALTER ROLE ... SET.
 */
export function startupOptions({
  statementTimeoutMs,
  readsOnly,
  searchPath = 'public,cartodb,postgis',
}: {
  readonly statementTimeoutMs: number
  readonly readsOnly: boolean
  /** SQL text; absent: the schemas of an account's own database. */
  readonly searchPath?: string
}): string {
  const settings: Record<string, string> = {
    search_path: searchPath,
    client_encoding: 'UTF8',
    standard_conforming_strings: 'on',
    datestyle: 'ISO,YMD',
    timezone: 'UTC',
    intervalstyle: 'postgres',
    bytea_output: 'hex',
    extra_float_digits: '1',
    client_min_messages: 'notice',
    default_transaction_read_only: readsOnly ? 'on' : 'off',
    default_transaction_isolation: 'read committed',
    // The second fence: the gateway's own timer comes first.
    statement_timeout: String(statementTimeoutMs + 5_000),
    lock_timeout: String(statementTimeoutMs),
    idle_in_transaction_session_timeout: '10000',
    // A query whose gateway has gone is noticed while it still runs.
    client_connection_check_interval: '1000',
    jit: 'off',
  }
  return Object.entries(settings)
    .map(([name, value]) => `-c ${name}=${value.replaceAll(/[\\\s]/g, '\\$&')}`)
    .join(' ')
}
