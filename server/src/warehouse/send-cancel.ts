import { createConnection } from 'node:net'
import { serialize } from 'pg-protocol'
import { deferred } from './deferred.ts'

/**
 * CancelRequest goes over a connection of its own and proves itself with the session's secret key,
 * so it needs no privilege. It is a request: whoever must be sure ends the session as well.
 * Resolves to true when PostgreSQL has passed it on, which it shows by closing the connection.
 */
export function sendCancel(
  address: { readonly host: string; readonly port: number },
  processId: number,
  secretKey: number,
): Promise<boolean> {
  const { promise, resolve } = deferred<boolean>()
  const socket = address.host.startsWith('/')
    ? createConnection({ path: `${address.host}/.s.PGSQL.${address.port}` })
    : createConnection({ host: address.host, port: address.port })
  let wasTaken = false
  socket.on('end', () => {
    wasTaken = true
  })
  socket.on('close', () => resolve(wasTaken))
  socket.on('error', () => socket.destroy())
  socket.setTimeout(2_000, () => socket.destroy())
  // Nothing is ever sent back, but the end is only seen by whoever reads.
  socket.resume()
  socket.on('connect', () => socket.end(serialize.cancel(processId, secretKey)))
  return promise
}
