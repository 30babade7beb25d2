import { performance } from 'node:perf_hooks'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccessError } from '../../errors.ts'
import { getAdmission } from '../admit.ts'
import { scriptType } from '../jsonp.ts'
import { mergeParameters } from '../read-bodies.ts'
import { reportError } from '../render-errors.ts'
import type { SurfaceContext } from '../surface.ts'
import { identityHeaders } from './answer-headers.ts'
import { contentDisposition } from './content-disposition.ts'
import { exportAnswer } from './export-answer.ts'
import type { Format, StreamFormat } from './format.ts'
import { formats } from './formats.ts'
import { type AnswerPlan, mustUseSql, planAnswer } from './plan-answer.ts'
import { readParameters, type SqlParameters } from './read-parameters.ts'
import { createResultWriter } from './result-writer.ts'
import { runPlan } from './run-plan.ts'

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
    'cache-control': 'private, no-cache',
    vary: 'Authorization',
  }
  return format.kind === 'export'
    ? exportAnswer(context, request, reply, { parameters, plan, format, headers })
    : streamAnswer(context, request, reply, { parameters, plan, format, headers })
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
