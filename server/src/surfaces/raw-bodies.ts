import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { FastifyInstance } from 'fastify'

/**
 * Leaves the bodies of this context alone, whatever their type says they are: whoever answers reads
 * the request itself. `request.body` stays undefined, so no credential is looked for in there.
 */
export function leaveBodiesRaw(server: FastifyInstance): void {
  // A type that is not even one would be refused before anybody could ignore it.
  server.addHook('onRequest', ({ raw }, _reply, done) => {
    delete raw.headers['content-type']
    done()
  })
  server.removeAllContentTypeParsers()
  server.addContentTypeParser('*', (_request, _payload, done) => done(null))
}

const sendingSlowly = new WeakSet<Socket>()

/**
 * Lets the request that is arriving take longer than requests may. Whoever says so has to see for
 * themselves that it does not take for ever.
 */
export function allowSlowBody(request: IncomingMessage): void {
  sendingSlowly.add(request.socket)
}

/** Reads and drops what is still to come, for a moment: a client that sends does not read yet. */
export function dropRestOfBody(request: IncomingMessage, forMs: number): void {
  sendingSlowly.delete(request.socket)
  if (request.complete || request.destroyed) return
  const timer = setTimeout(() => request.destroy(), forMs)
  request.once('close', () => clearTimeout(timer))
  // Whoever has read so far would keep it from flowing.
  request.removeAllListeners('readable')
  request.resume()
}

export function maySendSlowly(socket: Socket): boolean {
  return sendingSlowly.has(socket)
}
