import type { FastifyReply, FastifyRequest } from 'fastify'
import { leaveBodiesRaw } from '../raw-bodies.ts'
import type { Surface } from '../surface.ts'
import { copyFrom } from './copy-from.ts'
import { copyTo } from './copy-to.ts'
import * as schema from './schema.ts'

/** Where copies go; any word will do for the version. */
export const copyPaths = { from: '/api/:version/sql/copyfrom', to: '/api/:version/sql/copyto' }

/** Uploads by COPY FROM STDIN. Their bodies are data, whatever type they are said to have. */
export const classicCopyFrom: Surface = (server, context) => {
  leaveBodiesRaw(server)
  server.post(copyPaths.from, { schema: schema.copyFrom }, (request, reply) =>
    copyFrom(context, request, reply),
  )
}

/** Downloads by COPY TO STDOUT. */
export const classicCopyTo: Surface = (server, context) => {
  const handler = (request: FastifyRequest, reply: FastifyReply) => copyTo(context, request, reply)
  server.get(copyPaths.to, { schema: schema.copyTo }, handler)
  server.post(copyPaths.to, { schema: schema.postCopyTo }, handler)
}
