import { request } from 'node:http'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import type { Answer } from './requests.ts'

/** What carto-python calls itself; cartoframes sends its own name in the same places. */
const client = 'cps-1.11.3'

type Sent = {
  readonly params?: Readonly<Record<string, string>>
  readonly json?: Readonly<Record<string, unknown>>
  readonly form?: Readonly<Record<string, string>>
  /** Sent in chunks, as `requests` sends a generator. */
  readonly stream?: AsyncIterable<Buffer> | Iterable<Buffer>
  readonly headers?: Readonly<Record<string, string>>
}

/** The requests of carto-python's classes, byte for byte where a server could tell. */
export type CartoPython = {
  send(method: string, path: string, sent?: Sent): Promise<Answer>
  /** SQLClient.send: by POST unless told otherwise. */
  sql(q: string, options?: { readonly format?: string; readonly doPost?: boolean }): Promise<Answer>
  /** CopySQLClient.copyfrom: chunked, and compressed unless told otherwise. */
  copyFrom(q: string, chunks: readonly string[], compress?: boolean): Promise<Answer>
  /** CopySQLClient.copyto: long queries go by POST with everything in the address. */
  copyTo(q: string): Promise<Answer>
  /** BatchSQLClient.create_and_wait_for_completion, less patient between its questions. */
  runJob(query: string | readonly string[]): Promise<{ status: string; failed_reason?: string }>
}

/** `key` undefined is NoAuthClient; `baseUrl` is what a script is configured with. */
export function cartoPython(baseUrl: string, key: string | undefined): CartoPython {
  const own = key === undefined ? {} : { api_key: key, client }

  async function sendAs(method: string, path: string, sent: Sent = {}): Promise<Answer> {
    const takesJson = sent.json !== undefined && ['POST', 'PUT'].includes(method)
    const url = new URL(path, `${baseUrl}/`)
    url.search = new URLSearchParams({ ...sent.params, ...(takesJson ? {} : own) }).toString()
    const headers: Record<string, string> = {
      'User-Agent': 'carto-python-sdk/1.11.3',
      Accept: '*/*',
      'Accept-Encoding': 'identity',
      ...sent.headers,
    }
    if (takesJson) {
      headers['Content-Type'] = 'application/json'
      return exchange(method, url, headers, JSON.stringify({ ...sent.json, ...own }))
    }
    if (sent.form !== undefined) {
      headers['Content-Type'] = 'application/x-www-form-urlencoded'
      return exchange(method, url, headers, new URLSearchParams(sent.form).toString())
    }
    return exchange(method, url, headers, sent.stream ?? '')
  }

  return {
    send: sendAs,
    sql(q, { format, doPost = true } = {}) {
      const parameters = { q, ...(format !== undefined && { format }) }
      return !doPost && q.length < 1024
        ? sendAs('GET', 'api/v2/sql', { params: parameters })
        : sendAs('POST', 'api/v2/sql', { form: parameters })
    },
    copyFrom(q, chunks, compress = true) {
      const plain = Readable.from(chunks.map((chunk) => Buffer.from(chunk)))
      const stream = compress ? plain.pipe(createGzip()) : plain
      const headers = {
        'Content-Type': 'application/octet-stream',
        ...(compress && { 'Content-Encoding': 'gzip' }),
      }
      return sendAs('POST', 'api/v2/sql/copyfrom', { params: { q }, stream, headers })
    },
    copyTo: (q) => sendAs(q.length < 1024 ? 'GET' : 'POST', 'api/v2/sql/copyto', { params: { q } }),
    async runJob(query) {
      const created = await sendAs('POST', 'api/v2/sql/job/', { json: { query } })
      let job = created.json<{ job_id: string; status: string }>()
      while (job.status === 'pending' || job.status === 'running') {
        job = (await sendAs('GET', `api/v2/sql/job/${job.job_id}`)).json()
      }
      return job
    },
  }
}

/** Names under localhost are this machine, which not every resolver knows. */
function exchange(
  method: string,
  url: URL,
  headers: Record<string, string>,
  body: string | AsyncIterable<Buffer> | Iterable<Buffer>,
): Promise<Answer> {
  const { port, pathname, search, host } = url
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        method,
        path: pathname + search,
        agent: false,
        headers: {
          ...headers,
          Host: host,
          ...(typeof body === 'string' &&
            method !== 'GET' && { 'Content-Length': String(Buffer.byteLength(body)) }),
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          resolve({
            status: response.statusCode ?? 0,
            headers: new Headers(
              Object.entries(response.headers).map(([name, value]) => [name, String(value)]),
            ),
            text,
            json: <T>() => JSON.parse(text) as T,
          })
        })
      },
    )
    outgoing.on('error', reject)
    if (typeof body === 'string') outgoing.end(body)
    else pipeline(Readable.from(body), outgoing).catch(reject)
  })
}
