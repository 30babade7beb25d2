import { performance } from 'node:perf_hooks'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccessError } from '../../errors.ts'
import { isSystemRelation } from '../../policy/system-relations.ts'
import { getAdmission } from '../admit.ts'
import { scriptType } from '../jsonp.ts'
import { mergeParameters } from '../read-bodies.ts'
import { reportError } from '../render-errors.ts'
import type { SurfaceContext } from '../surface.ts'
import { identityHeaders } from './answer-headers.ts'
import { privateHeaders, publicHeaders } from './cache-headers.ts'
import { contentDisposition } from './content-disposition.ts'
import { exportAnswer } from './export-answer.ts'
import type { Format, StreamFormat } from './format.ts'
import { formats } from './formats.ts'
import { type AnswerPlan, mustUseSql, planAnswer } from './plan-answer.ts'
import { readParameters, type SqlParameters } from './read-parameters.ts'
import { createResultWriter } from './result-writer.ts'
import { runOptionsFor, runPlan } from './run-plan.ts'

/** Up to here an answer is kept, so that an early failure still gets its own status. */
const keepBytes = 64 * 1024
/** A document that is held until it is complete is in memory until then. */
const maxHeldBytes = 64 * 1024 * 1024

/** One request of the SQL API: parameters -> plan -> run -> write. */
export async function answerSql(
  context: SurfaceContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { principal } = getAdmission(request)
  const given = mergeParameters(request.query, request.body)
  reply.headers(identityHeaders(principal, context.nodeName, given.client))
  mustUseSql(principal)
  const parameters = readParameters(given)
  const plan = planAnswer(principal, parameters)
  const format: Format = formats[parameters.format]
  const callback = format.isScript ? parameters.callback : undefined
  const headers = {
    'content-type': callback === undefined ? format.contentType : scriptType,
    ...(callback !== undefined && { 'x-content-type-options': 'nosniff' }),
    'content-disposition': contentDisposition(parameters, format.extension, context.commands.now()),
    vary: 'Authorization',
    ...(isForEverybody(request, plan)
      ? await sharedHeaders(context, request, plan.select, parameters)
      : privateHeaders),
  }
  return format.kind === 'export'
    ? exportAnswer(context, request, reply, { parameters, plan, format, headers })
    : streamAnswer(context, request, reply, { parameters, plan, format, headers })
}

/** Whether caches may keep the answer: only what the default public key gets by GET. */
function isForEverybody(
  request: FastifyRequest,
  plan: AnswerPlan,
): plan is AnswerPlan & { readonly select: string } {
  const { kind } = getAdmission(request).principal
  return request.method === 'GET' && kind === 'default' && plan.select !== undefined
}

/**
 * Asks the planner which tables are read, which is a round trip more. Throws system_tables_forbidden
 * should it be the catalogue after all, behind a view.
 */
async function sharedHeaders(
  context: SurfaceContext,
  request: FastifyRequest,
  select: string,
  { isPersistent }: SqlParameters,
): Promise<Readonly<Record<string, string>>> {
  const admission = getAdmission(request)
  const { database } = admission.principal
  const tables = await context.affectedTables.find(runOptionsFor(context, admission), select)
  if (tables === undefined) return privateHeaders
  if (tables.some(isSystemRelation)) throw new AccessError('system_tables_forbidden')
  return publicHeaders({ database, tables, isPersistent, now: context.commands.now() })
}

/** Writes the rows into the response while they arrive. */
async function streamAnswer(
  context: SurfaceContext,
  request: FastifyRequest,
  reply: FastifyReply,
  answer: {
    readonly parameters: SqlParameters
    readonly plan: AnswerPlan
    readonly format: StreamFormat
    readonly headers: Record<string, string>
  },
): Promise<FastifyReply> {
  const { plan, format, headers } = answer
  const { maxResultRows, maxResultBytes } = context.limits
  const writer = createResultWriter({
    document: format.createDocument(answer.parameters),
    output: reply.raw,
    startOutput: () => startStreaming(reply, headers),
    keepBytes: format.isHeld ? Number.POSITIVE_INFINITY : keepBytes,
    maxRows: maxResultRows,
    maxBytes: format.isHeld ? Math.min(maxResultBytes, maxHeldBytes) : maxResultBytes,
    monotonicNow: () => performance.now(),
  })
  const { tag, failure } = await runPlan(context, getAdmission(request), plan, writer)
  if (failure === undefined) {
    const whole = writer.finish(tag)
    return whole === undefined ? reply : reply.headers(headers).send(whole)
  }
  if (!writer.isStreaming()) throw failure
  // The status has long been sent as 200: only the document and the log can still tell.
  const error =
    failure instanceof AccessError ? failure : new AccessError('internal_error', { cause: failure })
  reportError(request, error, context.observe)
  if (error.code !== 'credential_revoked' && format.tellsErrors) writer.finish(tag, error)
  else reply.raw.destroy()
  return reply
}

function startStreaming(reply: FastifyReply, headers: Record<string, string>): void {
  reply.headers(headers)
  reply.hijack()
  reply.raw.writeHead(200, reply.getHeaders() as Record<string, string>)
}
