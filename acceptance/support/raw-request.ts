import { request } from 'node:http'
import type { Answer } from './requests.ts'

/** What `fetch` would tidy up: headers sent twice, a Host of one's own, paths as they are written. */
export type RawRequest = {
  readonly method?: string
  /** With its query, sent as it stands. */
  readonly path: string
  /** Name, value, name, value: in this order, as often as they stand here. */
  readonly headers?: readonly string[]
  readonly body?: string | Buffer
}

/** Sends a request to the server on this port of the loopback and reads the whole answer. */
export function sendRaw(port: number, asked: RawRequest): Promise<Answer> {
  const { method = 'GET', path, headers = [], body } = asked
  const has = (name: string) => headers.some((header) => header.toLowerCase() === name)
  const all = [
    ...(has('host') ? [] : ['Host', `127.0.0.1:${port}`]),
    ...headers,
    ...(body === undefined ? [] : ['Content-Length', String(Buffer.byteLength(body))]),
  ]
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: '127.0.0.1', port, method, path, headers: all, agent: false },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('error', reject)
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8')
          const received = new Headers()
          for (const [name, value] of Object.entries(response.headers)) {
            if (value !== undefined) received.set(name, String(value))
          }
          resolve({
            status: response.statusCode ?? 0,
            headers: received,
            text,
            json: <T>() => JSON.parse(text) as T,
          })
        })
      },
    )
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
