import { hash } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { findNamedQuery } from '../../commands/find-named-query.ts'
import { AccessError } from '../../errors.ts'
import { readQuery } from '../../policy/read-query.ts'
import { runScriptIn } from '../../warehouse/run-statement.ts'
import { getAdmission } from '../admit.ts'
import { databaseError } from '../classic-sql/database-error.ts'
import { createResultWriter, type ResultWriter } from '../classic-sql/result-writer.ts'
import { getTypes } from '../classic-sql/run-plan.ts'
import { matchesTag } from '../matches-tag.ts'
import { reportError } from '../render-errors.ts'
import { runSource } from '../run-source.ts'
import type { SurfaceContext } from '../surface.ts'
import { findJson, findText, readParameters } from '../v3/read-parameters.ts'
import { runOptionsFor } from '../v3/run-options.ts'
import { planQuery, type QueryPlan } from './plan-query.ts'
import { createRowsDocument } from './rows-document.ts'

/** Up to here an answer is kept, so that an early failure gets its status and the whole of it a tag. */
const keepBytes = 64 * 1024
/** The contract's. What is left out is told in `meta`. */
const maxRows = 200_000

/** One request of the v3 SQL API: parameters -> decision -> run -> write. */
export async function answerQuery(
  context: SurfaceContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { principal } = getAdmission(request)
  const asked = readRequest(request)
  const { text } = await findNamedQuery(
    context.commands,
    principal,
    asked.connection,
    readQuery(asked.q),
  )
  const plan = planQuery(principal, { ...asked, q: text })
  const headers = {
    'content-type': 'application/json; charset=utf-8',
    // Whatever the credential opens may be kept by its holder alone, and is asked for again each
    // time: nothing may go on serving it when the credential has ended.
    'cache-control': request.method === 'GET' ? 'private, no-cache' : 'no-store',
    vary: 'Authorization',
  }
  const rowLimit = Math.min(maxRows, context.limits.maxResultRows)
  const writer = createResultWriter({
    document: createRowsDocument(rowLimit),
    output: reply.raw,
    startOutput() {
      reply.headers(headers)
      reply.hijack()
      reply.raw.writeHead(200, reply.getHeaders() as Record<string, string>)
    },
    keepBytes,
    maxRows: rowLimit,
    whenFull: plan.reads ? 'cancel' : 'goOn',
    maxBytes: context.limits.maxResultBytes,
    monotonicNow: () => performance.now(),
  })
  const failure = await run(context, request, plan, writer)
  if (failure === undefined) {
    const whole = writer.finish('')
    return whole === undefined ? reply : sendWhole(request, reply.headers(headers), whole)
  }
  if (!writer.isStreaming()) throw failure
  // Its status has been sent as 200: breaking it off is all that says it is not complete.
  const error =
    failure instanceof AccessError ? failure : new AccessError('internal_error', { cause: failure })
  reportError(request, error, context.observe)
  reply.raw.destroy()
  return reply
}

function readRequest(request: FastifyRequest) {
  const parameters = readParameters(request, ['q', 'queryParameters'])
  const q = findText(parameters, 'q')
  if (q === undefined) throw new AccessError('missing_sql')
  const { connection } = request.params as { connection: string }
  return { connection, q, queryParameters: findJson(parameters, 'queryParameters') }
}

/** Why the result is not complete; undefined when it is, or when its end was left out on purpose. */
async function run(
  context: SurfaceContext,
  request: FastifyRequest,
  { session: key, lane, script, reads, writes }: QueryPlan,
  writer: ResultWriter,
): Promise<unknown> {
  const admission = getAdmission(request)
  const options = runOptionsFor(context.limits, admission, key)
  // Of several statements the rows of the last one are the answer.
  const last = script.length - 1
  try {
    const types = await getTypes(context, options)
    const access = { session: key, readOnly: reads }
    const { deadlineMs } = options
    await runSource(context, admission, access, { lane, deadlineMs, writes }, (session) =>
      runScriptIn(session, script, (index) => (index === last ? writer.sink(session, types) : {})),
    )
    if (writer.metUnknownType()) context.types.forget(key)
    return writer.stopped()
  } catch (error) {
    const stopped = writer.stopped()
    if (stopped !== undefined) return stopped
    const wasCancelled = error instanceof AccessError && error.code === 'statement_timed_out'
    if (reads && writer.isCut() && wasCancelled) return undefined
    return databaseError(error, admission.principal)
  }
}

function sendWhole(request: FastifyRequest, reply: FastifyReply, body: Buffer): FastifyReply {
  if (request.method !== 'GET') return reply.send(body)
  const etag = `W/"${hash('sha1', body, 'base64url')}"`
  reply.header('etag', etag)
  return matchesTag(request.headers['if-none-match'], etag)
    ? reply.code(304).send()
    : reply.send(body)
}
