import { isIP } from 'node:net'
import type { ProviderSettings } from './sign-on/provider.ts'

/**
 * Every setting, its default and its meaning, once. `main.ts` and the command line pass the
 * environment in; nothing else reads it. docs/reference/settings.md is tested against this table.
 */
export const settings = {
  POSTERN_PORT: { default: '8080', meaning: 'TCP port to listen on.' },
  POSTERN_HOST: { default: '127.0.0.1', meaning: 'Address to listen on.' },
  POSTERN_DATA_DIR: {
    default: './data',
    meaning: 'Where the key file, the demo credentials and the embedded database live.',
  },
  DATABASE_URL: {
    default: '',
    meaning:
      'An existing PostgreSQL server to use instead of the embedded one: a role with CREATEROLE and CREATEDB.',
  },
  POSTERN_PUBLIC_URL: {
    default: '',
    meaning:
      'The address that clients reach this server at, path prefix included. Default: http://HOST:PORT.',
  },
  POSTERN_SECRET_KEYS: {
    default: '',
    meaning: 'The text of the key file, for installations that keep secrets in the environment.',
  },
  POSTERN_STATEMENT_TIMEOUT_MS: {
    default: '15000',
    meaning: 'How long a statement of a public or regular key may run, in milliseconds.',
  },
  POSTERN_MASTER_STATEMENT_TIMEOUT_MS: {
    default: '60000',
    meaning:
      'How long a statement of a master key, or of an access token under /v3/sql, may run, in milliseconds.',
  },
  POSTERN_BATCH_TIMEOUT_MS: {
    default: '43200000',
    meaning: 'How long a query of a batch job may run, in milliseconds: 12 hours.',
  },
  POSTERN_COPY_TIMEOUT_MS: {
    default: '18000000',
    meaning: 'How long one copyfrom or copyto may take, in milliseconds: 5 hours.',
  },
  POSTERN_MAX_UPLOAD_BYTES: {
    default: '2147483648',
    meaning: 'The most bytes of one copyfrom, as sent and after decompression.',
  },
  POSTERN_MAX_RESULT_ROWS: {
    default: '1000000',
    meaning: 'The most rows that one answer of the SQL API may have.',
  },
  POSTERN_MAX_RESULT_BYTES: {
    default: '268435456',
    meaning: 'The most bytes that one answer of the SQL API may have.',
  },
  POSTERN_MAX_TILE_FEATURES: {
    default: '20000',
    meaning: 'The most features in one vector tile; see docs/reference/tiles.md.',
  },
  POSTERN_TILE_CACHE_BYTES: {
    default: '134217728',
    meaning: 'The most bytes of tiles that one server keeps in memory; 0 for none.',
  },
  POSTERN_SESSIONS_PER_ROLE: {
    default: '4',
    meaning: 'The most database sessions that one credential uses at a time, per kind of work.',
  },
  POSTERN_MAX_SESSIONS: {
    default: '100',
    meaning: 'The most database sessions for requests in all: well below max_connections.',
  },
  POSTERN_RATE_LIMIT: {
    default: '1000',
    meaning:
      'Requests per second of one credential in one group of endpoints, on one server; 0 for no limits. See docs/reference/limits.md.',
  },
  POSTERN_TRUSTED_PROXIES: {
    default: '',
    meaning:
      'Addresses or networks, with commas in between, of the reverse proxies whose X-Forwarded-For names the client.',
  },
  POSTERN_CONNECTION_NETWORKS: {
    default: 'public',
    meaning:
      'Where PostGIS servers that accounts register may be: addresses or networks, with commas in between; `public` stands for all public addresses.',
  },
  POSTERN_OIDC_ISSUER: {
    default: '',
    meaning:
      'The OpenID provider that users can sign in with, as it calls itself: an https address. See docs/how-to/sign-on.md.',
  },
  POSTERN_OIDC_CLIENT_ID: { default: '', meaning: 'What that provider calls this server.' },
  POSTERN_OIDC_CLIENT_SECRET: {
    default: '',
    meaning: 'The secret that the provider has given this server.',
  },
  POSTERN_LOG_LEVEL: {
    default: 'info',
    meaning: 'How much is logged: debug, info, warn, error or silent.',
  },
} as const satisfies Record<string, { default: string; meaning: string }>

export type SettingName = keyof typeof settings

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent'

export type Config = {
  readonly port: number
  readonly host: string
  readonly dataDir: string
  readonly databaseUrl: string | undefined
  /** Without a trailing slash; undefined: made from the address that the server listens on. */
  readonly publicUrl: string | undefined
  readonly secretKeys: string | undefined
  readonly statementTimeoutMs: number
  readonly masterStatementTimeoutMs: number
  readonly batchTimeoutMs: number
  readonly copyTimeoutMs: number
  readonly maxUploadBytes: number
  readonly maxResultRows: number
  readonly maxResultBytes: number
  readonly maxTileFeatures: number
  readonly tileCacheBytes: number
  readonly sessionsPerRole: number
  readonly maxSessions: number
  readonly requestsPerSecond: number
  readonly trustedProxies: readonly string[]
  /** Where servers that accounts register may be; `public` among them: public addresses. */
  readonly connectionNetworks: readonly string[]
  /** The OpenID provider that users can sign in with; undefined for none. */
  readonly oidc: ProviderSettings | undefined
  readonly logLevel: LogLevel
}

/** Reads the settings. Throws a sentence that names the setting, what it says and what it may say. */
export function readConfig(environment: Record<string, string | undefined>): Config {
  const text = (name: SettingName): string => environment[name]?.trim() || settings[name].default
  const optional = (name: SettingName): string | undefined => text(name) || undefined
  const integer = (name: SettingName, min: number, max: number): number => {
    const value = text(name)
    const number = Number(value)
    if (/^\d+$/.test(value) && number >= min && number <= max) return number
    throw new Error(`${name} is '${value}': it must be a whole number from ${min} to ${max}.`)
  }
  const networks = (name: SettingName, words: readonly string[] = []) =>
    readNetworks(name, text(name), words)
  const logLevel = text('POSTERN_LOG_LEVEL')
  if (!isLogLevel(logLevel)) {
    throw new Error(
      `POSTERN_LOG_LEVEL is '${logLevel}': it must be debug, info, warn, error or silent.`,
    )
  }
  return {
    port: integer('POSTERN_PORT', 0, 65_535),
    host: text('POSTERN_HOST'),
    dataDir: text('POSTERN_DATA_DIR'),
    databaseUrl: databaseUrl(optional('DATABASE_URL')),
    publicUrl: publicUrl(optional('POSTERN_PUBLIC_URL')),
    secretKeys: optional('POSTERN_SECRET_KEYS'),
    statementTimeoutMs: integer('POSTERN_STATEMENT_TIMEOUT_MS', 100, 3_600_000),
    masterStatementTimeoutMs: integer('POSTERN_MASTER_STATEMENT_TIMEOUT_MS', 100, 3_600_000),
    batchTimeoutMs: integer('POSTERN_BATCH_TIMEOUT_MS', 1_000, 604_800_000),
    copyTimeoutMs: integer('POSTERN_COPY_TIMEOUT_MS', 1_000, 604_800_000),
    maxUploadBytes: integer('POSTERN_MAX_UPLOAD_BYTES', 1, 1_099_511_627_776),
    maxResultRows: integer('POSTERN_MAX_RESULT_ROWS', 1, 1_000_000_000),
    maxResultBytes: integer('POSTERN_MAX_RESULT_BYTES', 1_024, 1_099_511_627_776),
    maxTileFeatures: integer('POSTERN_MAX_TILE_FEATURES', 1, 10_000_000),
    tileCacheBytes: integer('POSTERN_TILE_CACHE_BYTES', 0, 1_099_511_627_776),
    sessionsPerRole: integer('POSTERN_SESSIONS_PER_ROLE', 1, 30),
    maxSessions: integer('POSTERN_MAX_SESSIONS', 1, 10_000),
    requestsPerSecond: integer('POSTERN_RATE_LIMIT', 0, 1_000_000),
    trustedProxies: networks('POSTERN_TRUSTED_PROXIES'),
    connectionNetworks: networks('POSTERN_CONNECTION_NETWORKS', ['public']),
    oidc: readProvider(
      optional('POSTERN_OIDC_ISSUER'),
      optional('POSTERN_OIDC_CLIENT_ID'),
      optional('POSTERN_OIDC_CLIENT_SECRET'),
    ),
    logLevel,
  }
}

function readProvider(
  issuer: string | undefined,
  clientId: string | undefined,
  clientSecret: string | undefined,
): ProviderSettings | undefined {
  if (issuer === undefined && clientId === undefined && clientSecret === undefined) return undefined
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) {
    throw new Error(
      'POSTERN_OIDC_ISSUER, POSTERN_OIDC_CLIENT_ID and POSTERN_OIDC_CLIENT_SECRET are set together or not at all.',
    )
  }
  const url = URL.canParse(issuer) ? new URL(issuer) : undefined
  const isOnThisMachine = ['localhost', '127.0.0.1', '[::1]'].includes(url?.hostname ?? '')
  const isSafe = url?.protocol === 'https:' || (url?.protocol === 'http:' && isOnThisMachine)
  if (!isSafe) {
    throw new Error(
      `POSTERN_OIDC_ISSUER is '${issuer}': it must be an https address, such as https://id.example.com.`,
    )
  }
  return { issuer, clientId, clientSecret }
}

/** The address that clients are told, without a trailing slash. */
export function publicUrlOf(config: Pick<Config, 'publicUrl' | 'host' | 'port'>): string {
  const { host, port } = config
  // An address that listens everywhere is not one that can be called.
  const reachable = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  const inUrl = reachable.includes(':') ? `[${reachable}]` : reachable
  return config.publicUrl ?? `http://${inUrl}:${port}`
}

/** Where the APIs of one account are: what clients of the classic platform call their base URL. */
export function accountBaseUrl(publicUrl: string, account: string): string {
  return `${publicUrl}/user/${account}`
}

function isLogLevel(text: string): text is LogLevel {
  return ['debug', 'info', 'warn', 'error', 'silent'].includes(text)
}

function readNetworks(
  name: SettingName,
  text: string,
  words: readonly string[],
): readonly string[] {
  const entries = text.split(',').map((entry) => entry.trim())
  return entries.filter((entry) => {
    if (entry === '') return false
    if (words.includes(entry)) return true
    const [address = '', bits, ...more] = entry.split('/')
    const maxBits = isIP(address) === 6 ? 128 : 32
    const isNetwork = bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= maxBits)
    if (isIP(address) !== 0 && isNetwork && more.length === 0) return true
    throw new Error(
      `${name} names '${entry}', which is neither an address nor a network such as 10.0.0.0/8.`,
    )
  })
}

function publicUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !['http:', 'https:'].includes(url.protocol) || url.username !== '') {
    throw new Error(
      'POSTERN_PUBLIC_URL must be an absolute http or https address without a user name, such as https://maps.example.com/api.',
    )
  }
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
}

function databaseUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  // Its text is never shown: it holds a password.
  if (!URL.canParse(text) || !/^postgres(ql)?:$/.test(new URL(text).protocol)) {
    throw new Error('DATABASE_URL must look like postgres://user:password@host:5432/database.')
  }
  return text
}
