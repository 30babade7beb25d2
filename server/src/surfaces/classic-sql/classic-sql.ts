import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Surface } from '../surface.ts'
import { answerSql } from './answer-sql.ts'
import * as schema from './schema.ts'

/** The version may be any word: clients say v1 and v2, and mean the same. */
const path = '/api/:version/sql'

/** The classic SQL API. Every method asks the same. */
export const classicSql: Surface = (server, context) => {
  const handler = (request: FastifyRequest, reply: FastifyReply) =>
    answerSql(context, request, reply)
  server.get(path, { schema: schema.get('runSql') }, handler)
  server.post(path, { schema: schema.post('postSql') }, handler)
  server.route({
    method: ['HEAD', 'PUT', 'PATCH', 'DELETE'],
    url: path,
    schema: { hide: true, operationId: 'postSql' },
    handler,
  })
}
