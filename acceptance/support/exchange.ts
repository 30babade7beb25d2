import { createConnection } from 'node:net'

/** What came back for bytes that need not be HTTP. */
export type Exchange = {
  /** Of the first answer that is not `100 Continue`; undefined when there was none. */
  readonly status: number | undefined
  readonly contentType: string | undefined
  readonly body: string
}

/** Longer than any deadline of the server: who has not answered by then hangs. */
const patienceMs = 90_000

/**
 * Sends bytes on a connection of their own and reads until the server closes it. `thenEnd` says
 * that the client has nothing more to send. Throws when the server neither answers nor closes.
 */
export function exchange(
  port: number,
  bytes: string | Buffer,
  options: { readonly thenEnd?: boolean } = {},
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(port, '127.0.0.1')
    const chunks: Buffer[] = []
    const timer = setTimeout(() => {
      socket.destroy()
      reject(new Error(`Neither answered nor closed: ${Buffer.concat(chunks).toString('latin1')}`))
    }, patienceMs)
    socket.on('data', (chunk: Buffer) => chunks.push(chunk))
    // A server that closes on bytes which it does not want to read resets the connection.
    socket.on('error', () => {})
    socket.on('close', () => {
      clearTimeout(timer)
      resolve(readAnswer(Buffer.concat(chunks).toString('utf8')))
    })
    socket.on('connect', () => {
      socket.write(bytes)
      if (options.thenEnd === true) socket.end()
    })
  })
}

function readAnswer(text: string): Exchange {
  const answer = text.replace(/^HTTP\/1\.1 100 Continue\r\n\r\n/, '')
  const [head = '', ...rest] = answer.split('\r\n\r\n')
  const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1]
  return {
    status: status === undefined ? undefined : Number(status),
    contentType: /^content-type: (.*)$/im.exec(head)?.[1]?.trim(),
    body: rest.join('\r\n\r\n'),
  }
}

/** The text of a request, with a Host unless `headers` bring one, that ends its connection. */
export function requestText(
  target: string,
  options: {
    readonly method?: string
    readonly headers?: readonly string[]
    readonly body?: string
  } = {},
): string {
  const { method = 'GET', headers = [], body } = options
  const has = (name: string) => headers.some((line) => line.toLowerCase().startsWith(`${name}:`))
  const lines = [
    `${method} ${target} HTTP/1.1`,
    ...(has('host') ? [] : ['Host: localhost']),
    ...(has('connection') ? [] : ['Connection: close']),
    ...(body === undefined || has('content-length') || has('transfer-encoding')
      ? []
      : [`Content-Length: ${Buffer.byteLength(body)}`]),
    ...headers,
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`
}
