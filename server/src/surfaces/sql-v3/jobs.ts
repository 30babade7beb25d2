import type { FastifyReply, FastifyRequest } from 'fastify'
import { planJobQuery } from '../../batch/plan-job-query.ts'
import { cancelBatchJob } from '../../commands/cancel-batch-job.ts'
import { createBatchJob } from '../../commands/create-batch-job.ts'
import { findNamedQuery } from '../../commands/find-named-query.ts'
import { getBatchJob, listBatchJobs } from '../../commands/get-batch-job.ts'
import { type BatchJobView, batchJobNotFound } from '../../commands/view-batch-job.ts'
import type { Principal } from '../../credential/principal.ts'
import { AccessError } from '../../errors.ts'
import { decide } from '../../policy/decide.ts'
import { defaultConnection } from '../../policy/decide-source.ts'
import { readQuery } from '../../policy/read-query.ts'
import { getPrincipal } from '../admit.ts'
import type { Surface } from '../surface.ts'
import { findJson, findText, readParameters } from '../v3/read-parameters.ts'
import * as schema from './job-schema.ts'
import { presentJob } from './present-job.ts'

/** They are kept for as long as the job is, of a thousand jobs. */
const maxParametersLength = 128 * 1024

/** Jobs of the v3 API: statements that run later, in the queue that the classic API has as well. */
export const sqlJobsV3: Surface = (server, context) => {
  const { commands } = context
  const all = '/v3/sql/:connection/job'
  const one = `${all}/:jobId`

  server.post(all, { schema: schema.create }, async (request, reply) => {
    const principal = mayUseJobs(request)
    const { connection, sql: given, queryParameters } = readQueryOf(request)
    const { text: sql } = await findNamedQuery(
      context.commands,
      principal,
      connection,
      readQuery(given),
    )
    // What would be refused when its turn comes is refused now.
    planJobQuery(principal, { connection, sql, queryParameters })
    const created = await createBatchJob(commands, principal, {
      form: 'simple',
      connection,
      queries: [{ sql, queryParameters, status: 'pending' }],
    })
    return send(reply, 201, presentJob(created))
  })

  server.get(one, { schema: schema.show }, async (request, reply) => {
    const principal = mayUseJobs(request)
    const found = await getBatchJob(commands, principal, jobIdOf(request))
    mustBeOn(found, request)
    return send(reply, 200, presentJob(found))
  })

  server.delete(one, { schema: schema.cancel }, async (request, reply) => {
    const principal = mayUseJobs(request)
    mustBeOn(await getBatchJob(commands, principal, jobIdOf(request)), request)
    const cancelled = await cancelBatchJob(commands, principal, jobIdOf(request))
    return send(reply, 200, presentJob(cancelled))
  })

  server.get('/v3/sql/jobs', { schema: schema.list }, async (request, reply) => {
    const found = await listBatchJobs(commands, mayUseJobs(request))
    return send(reply, 200, { jobs: found.map(presentJob) })
  })
}

/** An API key needs a grant of its own for jobs; a token has jobs of what it may ask at once. */
function mayUseJobs(request: FastifyRequest): Principal {
  const principal = getPrincipal(request)
  const isAllowed =
    principal.sourceGrants === undefined
      ? decide(principal, { surface: 'batch', statement: undefined }).allowed
      : principal.allowedApis.includes('sql')
  if (!isAllowed) throw new AccessError('api_not_allowed')
  return principal
}

function readQueryOf(request: FastifyRequest) {
  const parameters = readParameters(request, ['query', 'q', 'queryParameters'])
  const { query, q } = { query: findText(parameters, 'query'), q: findText(parameters, 'q') }
  const sql = query ?? q
  if (sql === undefined || (query !== undefined && q !== undefined)) {
    throw new AccessError('invalid_parameter', {
      message: 'Send the SQL of the job as "query", or as "q".',
    })
  }
  const queryParameters = findJson(parameters, 'queryParameters') ?? []
  if (JSON.stringify(queryParameters).length > maxParametersLength) {
    throw new AccessError('body_too_large', {
      message: `The parameters of a job may have ${maxParametersLength} characters at most.`,
    })
  }
  return { connection: connectionOf(request), sql, queryParameters }
}

/** A job is found on its own connection only. */
function mustBeOn({ id, document }: BatchJobView, request: FastifyRequest): void {
  const { connection = defaultConnection } = document
  if (connection !== connectionOf(request)) throw batchJobNotFound(id)
}

function connectionOf(request: FastifyRequest): string {
  return (request.params as { connection: string }).connection
}

function jobIdOf(request: FastifyRequest): string {
  return (request.params as { jobId: string }).jobId
}

function send(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  // SQL can hold secrets.
  reply.headers({ 'cache-control': 'no-store', vary: 'Authorization' })
  return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body))
}
