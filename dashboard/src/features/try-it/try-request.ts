import { isAccessToken } from './credential.ts'

export type TryApi = 'sql' | 'maps'

/** What is read: a table, or what SQL says. */
export type TrySource = { readonly table: string } | { readonly query: string }

/** A request that is to be tried. */
export type Attempt = {
  readonly account: string
  readonly token: string
  readonly api: TryApi
  readonly connection: string
  readonly source: TrySource
}

/** A request as an application would send it. */
export type HttpRequest = {
  readonly method: 'GET' | 'POST'
  /** From the root of the server. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
}

/** How many rows of a table that was picked are asked for. */
const tableRows = 100

/**
 * The request for an attempt: an API key asks the classic SQL API, which every client of it knows; an
 * access token asks v3. A map is asked for its TileJSON, which says where its tiles are.
 */
export function requestFor({ account, token, api, connection, source }: Attempt): HttpRequest {
  const authorization = `Bearer ${token}`
  const place = isAccessToken(token) ? '' : `/user/${encodeURIComponent(account)}`
  if (api === 'maps') {
    const [kind, parameter] =
      'table' in source ? ['table', { name: source.table }] : ['query', { q: source.query }]
    const parameters = new URLSearchParams({ ...parameter, format: 'tilejson' })
    const path = `${place}/v3/maps/${encodeURIComponent(connection)}/${kind}?${parameters}`
    return { method: 'GET', path, headers: { authorization }, body: undefined }
  }
  const path = isAccessToken(token)
    ? `/v3/sql/${encodeURIComponent(connection)}/query`
    : `${place}/api/v2/sql`
  return {
    method: 'POST',
    path,
    headers: { authorization, 'content-type': 'application/json' },
    body: JSON.stringify({ q: statementOf(source) }),
  }
}

/** The SQL that reads a source. */
export function statementOf(source: TrySource): string {
  if ('query' in source) return source.query
  return `select * from ${sqlNameOf(source.table)} limit ${tableRows}`
}

/** A dotted name as SQL has it: parts that are no plain words stand in double quotes. */
function sqlNameOf(name: string): string {
  const parts = name.match(/"(?:[^"]|"")*"|[^".]+/g) ?? []
  return parts
    .map((part) => (/^(?:".*"|[a-z_][a-z0-9_]*)$/s.test(part) ? part : `"${part}"`))
    .join('.')
}

/** The same request as a line for a shell. */
export function curlOf({ method, path, headers, body }: HttpRequest, origin: string): string {
  const lines = [
    `curl ${quote(`${origin}${path}`)}`,
    ...Object.entries(headers).map(([name, value]) => `  -H ${quote(`${name}: ${value}`)}`),
    ...(body === undefined ? [] : [`  --data-raw ${quote(body)}`]),
  ]
  if (body === undefined && method !== 'GET') lines.push(`  -X ${method}`)
  return lines.join(' \\\n')
}

/** As a POSIX shell takes it for one word. */
function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}
