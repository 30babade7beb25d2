import type { FastifyInstance } from 'fastify'
import { AccessError } from '../../errors.ts'

const readTypes =
  /^(?:application\/json|application\/x-www-form-urlencoded|multipart\/form-data)\s*(?:;|$)/i

/**
 * Refuses bodies of a type that nobody would read: whoever sent one would be answered as if it had
 * not been there.
 */
export function refuseUnreadBodies(server: FastifyInstance): void {
  server.addHook('onRequest', (request, _reply, done) => {
    const { 'content-length': length, 'content-type': type = '' } = request.headers
    const hasBody =
      request.method !== 'GET' &&
      (request.headers['transfer-encoding'] !== undefined || Number(length ?? 0) > 0)
    if (hasBody && !readTypes.test(type)) {
      done(
        new AccessError('unsupported_media_type', {
          message: 'Send the body as application/json or application/x-www-form-urlencoded.',
        }),
      )
    } else done()
  })
}
