import type { FastifyReply, FastifyRequest } from 'fastify'
import type { JobDocument } from '../../batch/job-document.ts'
import { parseJob } from '../../batch/parse-job.ts'
import { cancelBatchJob } from '../../commands/cancel-batch-job.ts'
import { createBatchJob } from '../../commands/create-batch-job.ts'
import { getBatchJob, listBatchJobs } from '../../commands/get-batch-job.ts'
import { updateBatchJob } from '../../commands/update-batch-job.ts'
import type { Principal } from '../../credential/principal.ts'
import { AccessError } from '../../errors.ts'
import { decide } from '../../policy/decide.ts'
import { getPrincipal } from '../admit.ts'
import { mergeParameters } from '../read-bodies.ts'
import type { Surface } from '../surface.ts'
import { presentJob } from './present-job.ts'
import * as schema from './schema.ts'

/** Where jobs are; any word will do for the version. */
export const jobPaths = { all: '/api/:version/sql/job', one: '/api/:version/sql/job/:id' }

/** The classic Batch API: SQL that is run later. */
export const classicBatch: Surface = (server, { commands }) => {
  server.post(jobPaths.all, { schema: schema.create }, async (request, reply) => {
    const principal = mayUseJobs(request)
    const created = await createBatchJob(commands, principal, readJob(request))
    return send(reply, 201, presentJob(created))
  })

  server.get(jobPaths.all, { schema: schema.list }, async (request, reply) => {
    const found = await listBatchJobs(commands, mayUseJobs(request))
    return send(reply, 200, { jobs: found.map(presentJob) })
  })

  server.get(jobPaths.one, { schema: schema.show }, async (request, reply) => {
    const found = await getBatchJob(commands, mayUseJobs(request), idOf(request))
    return send(reply, 200, presentJob(found))
  })

  server.put(jobPaths.one, { schema: schema.update }, async (request, reply) => {
    const principal = mayUseJobs(request)
    const updated = await updateBatchJob(commands, principal, idOf(request), readJob(request))
    return send(reply, 200, presentJob(updated))
  })

  server.delete(jobPaths.one, { schema: schema.cancel }, async (request, reply) => {
    const cancelled = await cancelBatchJob(commands, mayUseJobs(request), idOf(request))
    return send(reply, 200, presentJob(cancelled))
  })
}

function mayUseJobs(request: FastifyRequest): Principal {
  const principal = getPrincipal(request)
  const decision = decide(principal, { surface: 'batch', statement: undefined })
  if (!decision.allowed) throw new AccessError(decision.reason)
  return principal
}

function readJob({ query, body }: FastifyRequest): JobDocument {
  return parseJob(mergeParameters(query, body).query)
}

function idOf(request: FastifyRequest): string {
  return (request.params as { id: string }).id
}

function send(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  // SQL can hold secrets.
  reply.header('cache-control', 'no-store').header('vary', 'Authorization')
  return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body))
}
