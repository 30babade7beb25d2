/** PostgreSQL settings by name. They are given on the command line, so no file can override them. */
export type PostmasterSettings = Readonly<Record<string, string>>

/** What every embedded cluster runs with, unless a caller of `startCluster` says otherwise. */
export const defaultSettings: PostmasterSettings = {
  // Reachable from this machine only.
  listen_addresses: '127.0.0.1',
  password_encryption: 'scram-sha-256',

  // A backend whose client went away stops within a second instead of finishing its query.
  client_connection_check_interval: '1s',
  tcp_keepalives_idle: '60',
  tcp_keepalives_interval: '10',
  tcp_keepalives_count: '6',

  max_connections: '200',
  shared_buffers: '256MB',
  // A prepared transaction would hold its locks after its session is gone.
  max_prepared_transactions: '0',
  // Compiling costs more than it saves on the short queries of an API.
  jit: 'off',

  // The log is the operator's, and callers' statements are not theirs to read. An ordinary error
  // quotes the statement in its message, its detail or its context, so errors of sessions are left
  // out altogether (they go to the client); what the server says about itself stays.
  log_destination: 'stderr',
  logging_collector: 'off',
  log_line_prefix: '%m [%p] ',
  log_min_messages: 'log',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_statement: 'none',
  log_min_duration_statement: '-1',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
}

/** The command-line arguments of `postgres` for one cluster. */
export function postmasterArguments(options: {
  pgDir: string
  socketDir: string
  port: number
  clusterName: string
  settings: PostmasterSettings
}): string[] {
  const settings: PostmasterSettings = {
    ...defaultSettings,
    ...options.settings,
    port: String(options.port),
    cluster_name: options.clusterName,
    // A list of paths: one with a comma or a space is one only inside double quotes.
    unix_socket_directories: `"${options.socketDir.replaceAll('"', '""')}"`,
    unix_socket_permissions: '0700',
  }
  const pairs = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`])
  return ['-D', options.pgDir, ...pairs]
}
