import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** What stands in front of a server in production: it is reached at a path of another address. */
export type ReverseProxy = {
  /** The address that clients know, without a trailing slash. */
  readonly url: string
  /** Where requests go from now on. */
  forwardTo(port: number): void
  close(): Promise<void>
}

/** Listens on the loopback and hands on what comes in under `prefix`, without it. */
export async function startReverseProxy(prefix: string): Promise<ReverseProxy> {
  let target = 0
  const server = createServer((incoming, outgoing) => {
    const { method, headers, url = '' } = incoming
    if (!url.startsWith(`${prefix}/`)) {
      outgoing.writeHead(404).end()
      return
    }
    const forwarded = request(
      { host: '127.0.0.1', port: target, path: url.slice(prefix.length), method, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    forwarded.on('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${prefix}`,
    forwardTo: (to) => {
      target = to
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
