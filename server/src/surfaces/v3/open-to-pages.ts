import type { FastifyInstance } from 'fastify'

/** What lets a page of any site read an answer. */
export const openHeaders = {
  'access-control-allow-origin': '*',
  'access-control-expose-headers': '*',
}

/** By name: a star does not stand for `Authorization`, and older browsers know no star at all. */
const requestHeaders =
  'Authorization, Content-Type, Accept, Cache-Control, If-Modified-Since, If-None-Match'

/**
 * Lets pages of any site ask everything under `/v3`, and read the answers of this context. The sites
 * that a token may be used from are the token's business. Nothing here lets such a page use a cookie:
 * browsers keep from it what a star opens and a cookie was sent for.
 */
export function openToPages(server: FastifyInstance): void {
  server.addHook('onRequest', (_request, reply, done) => {
    reply.headers(openHeaders)
    done()
  })
  server.options('/v3/*', { schema: { hide: true } }, async (_request, reply) =>
    reply
      .headers({
        'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
        'access-control-allow-headers': requestHeaders,
        'access-control-max-age': '600',
      })
      .code(200)
      .send(),
  )
}
