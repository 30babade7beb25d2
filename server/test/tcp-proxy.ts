import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A network between a test and PostgreSQL that can be watched and broken. */
export type TcpProxy = {
  readonly host: string
  readonly port: number
  /** What was sent to the server, in the order of arrival, over all connections. */
  sent(): Buffer
  /** Ends every connection and refuses new ones, as when the server goes away. */
  cut(): Promise<void>
  /** Takes new connections again. */
  restore(): Promise<void>
  /** From now on accepts connections and bytes, and passes nothing on. */
  fallSilent(): void
  close(): Promise<void>
}

export async function createTcpProxy(target: {
  readonly host: string
  readonly port: number
}): Promise<TcpProxy> {
  const host = '127.0.0.1'
  const sockets = new Set<Socket>()
  const sent: Buffer[] = []
  let isSilent = false

  const server = createServer((client) => {
    const upstream = target.host.startsWith('/')
      ? connect(`${target.host}/.s.PGSQL.${target.port}`)
      : connect(target.port, target.host)
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(from)
      from.on('error', () => {})
      from.on('close', () => {
        sockets.delete(from)
        to.destroy()
      })
      from.on('end', () => to.end())
      from.on('data', (chunk) => {
        if (isSilent) return
        if (from === client) sent.push(chunk)
        to.write(chunk)
      })
    }
  })
  const listen = (port: number) =>
    new Promise<number>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
    })
  const stopListening = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })

  const port = await listen(0)
  return {
    host,
    port,
    sent: () => Buffer.concat(sent),
    cut: stopListening,
    async restore() {
      await listen(port)
    },
    fallSilent() {
      isSilent = true
    },
    close: stopListening,
  }
}
