import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Surface } from '../surface.ts'
import { answerQuery } from './answer-query.ts'
import * as schema from './schema.ts'

/** The v3 SQL API: statements whose rows are the answer. */
export const sqlV3: Surface = (server, context) => {
  const path = '/v3/sql/:connection/query'
  const handler = (request: FastifyRequest, reply: FastifyReply) =>
    answerQuery(context, request, reply)
  server.get(path, { schema: schema.query }, handler)
  server.post(path, { schema: schema.queryByPost }, handler)
}
