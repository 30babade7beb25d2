import type {} from '@fastify/swagger'
import type { FastifyInstance } from 'fastify'

/**
 * Lets pages of any site read the answers of this context. The sites that a credential may be used
 * from are the credential's business; without cookies there is nothing else to protect here.
 */
export function allowEveryOrigin(server: FastifyInstance, paths: readonly string[]): void {
  server.addHook('onRequest', (_request, reply, done) => {
    reply.headers({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': '*, Authorization',
      'access-control-expose-headers': '*',
    })
    done()
  })
  for (const path of paths) {
    server.options(path, { schema: { hide: true } }, async (_request, reply) =>
      reply
        .headers({
          'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
          'access-control-max-age': '600',
        })
        .code(200)
        .send(),
    )
  }
}
