import { createConnection, isIP, type Socket } from 'node:net'
import { connect as connectTls, type TLSSocket } from 'node:tls'
import { serialize } from 'pg-protocol'
import type { DatabaseAddress } from '../store/database.ts'
import { deferred } from './deferred.ts'

/** What PostgreSQL answers to the question whether TLS can begin. */
const tlsAccepted = 'S'.charCodeAt(0)

/**
 * CancelRequest goes over a connection of its own and proves itself with the session's secret key,
 * so it needs no privilege; where the session is encrypted, the key travels encrypted too. It is a
 * request: whoever must be sure ends the session as well.
 * Resolves to true when PostgreSQL has passed it on, which it shows by closing the connection.
 */
export function sendCancel(
  address: Pick<DatabaseAddress, 'host' | 'port' | 'ssl'>,
  processId: number,
  secretKey: number,
): Promise<boolean> {
  const { promise, resolve } = deferred<boolean>()
  const { host, port, ssl } = address
  const socket = host.startsWith('/')
    ? createConnection({ path: `${host}/.s.PGSQL.${port}` })
    : createConnection({ host, port })
  let wasTaken = false
  const send = (stream: Socket | TLSSocket) => {
    stream.on('end', () => {
      wasTaken = true
    })
    stream.on('error', () => socket.destroy())
    // Nothing is ever sent back, but the end is only seen by whoever reads.
    stream.resume()
    stream.end(serialize.cancel(processId, secretKey))
  }
  socket.on('close', () => resolve(wasTaken))
  socket.on('error', () => socket.destroy())
  socket.setTimeout(2_000, () => socket.destroy())
  socket.on('connect', () => {
    if (!ssl) return send(socket)
    socket.write(serialize.requestSsl())
    socket.once('data', (answer) => {
      if (answer[0] !== tlsAccepted) return socket.destroy()
      const encrypted = connectTls({
        socket,
        // Not to be connected to: it is whom the certificate must name.
        host,
        ...(isIP(host) === 0 && { servername: host }),
        ...(typeof ssl === 'object' && ssl),
      })
      encrypted.on('error', () => socket.destroy())
      encrypted.on('secureConnect', () => send(encrypted))
    })
  })
  return promise
}
