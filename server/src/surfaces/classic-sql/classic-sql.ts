import { performance } from 'node:perf_hooks'
import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Principal } from '../../credential/principal.ts'
import { AccessError } from '../../errors.ts'
import { classifyStatement, type StatementShape } from '../../policy/classify-statement.ts'
import { decide } from '../../policy/decide.ts'
import { getAdmission } from '../admit.ts'
import { invalidFormat } from '../invalid-format.ts'
import { mergeParameters } from '../read-bodies.ts'
import { reportError } from '../render-errors.ts'
import type { Surface, SurfaceContext } from '../surface.ts'
import { contentDisposition } from './content-disposition.ts'
import { databaseError } from './database-error.ts'
import {
  createResultWriter,
  geojsonGeometryColumn,
  geojsonShape,
  jsonShape,
  type ResultWriter,
} from './result-writer.ts'
import * as schema from './schema.ts'

/** SQL longer than this is refused before it is parsed: the parser runs on the event loop. */
const maxSqlBytes = { master: 1024 * 1024, others: 128 * 1024 }

type Format = 'json' | 'geojson'

/** The classic SQL API. */
export const classicSql: Surface = (server, context) => {
  const handler = (request: FastifyRequest, reply: FastifyReply) => runSql(context, request, reply)
  server.get('/api/v2/sql', { schema: schema.get('runSql') }, handler)
  server.post('/api/v2/sql', { schema: schema.post('postSql') }, handler)
  // Older clients; the same in every respect.
  server.get('/api/v1/sql', { schema: schema.get('runSqlV1') }, handler)
  server.post('/api/v1/sql', { schema: schema.post('postSqlV1') }, handler)
}

async function runSql(
  context: SurfaceContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { principal, inFlight } = getAdmission(request)
  const parameters = mergeParameters(request.query, request.body)
  const { format, text, statement, readOnly } = readJob(principal, parameters)
  const { limits } = context
  const headers = resultHeaders(contentDisposition(parameters, format, context.commands.now()))
  const writer = createResultWriter({
    response: reply.raw,
    startResponse: () => startStreaming(reply, headers),
    shape: format === 'json' ? jsonShape : geojsonShape,
    maxRows: limits.maxResultRows,
    maxBytes: limits.maxResultBytes,
    monotonicNow: () => performance.now(),
  })
  let failure: unknown
  let tag = ''
  try {
    const { database, role } = principal
    const runOptions = {
      key: { database, role },
      deadlineMs:
        principal.kind === 'master' ? limits.masterStatementTimeoutMs : limits.statementTimeoutMs,
      signal: inFlight.signal,
    }
    const types =
      context.types.find(database) ??
      (await context.warehouse.run({ ...runOptions, lane: 'own' }, (session) =>
        context.types.read(database, session),
      ))
    const completion = await context.warehouse.run({ ...runOptions, lane: 'caller' }, (session) =>
      session.run({ text, readOnly }, writer.sink(session, types)),
    )
    tag = completion.tag
    if (writer.metUnknownType()) context.types.forget(database)
    failure = tooLarge(writer, statement)
  } catch (error) {
    failure = writer.stopped() ?? databaseError(error, principal)
  }
  if (failure === undefined) {
    const whole = writer.finish(tag)
    return whole === undefined ? reply : reply.headers(headers).send(whole)
  }
  if (!writer.isStreaming()) throw failure
  // The status has long been sent as 200: only the document and the log can still tell.
  const error =
    failure instanceof AccessError ? failure : new AccessError('internal_error', { cause: failure })
  reportError(request, error, context.observe)
  if (error.code === 'credential_revoked') reply.raw.destroy()
  else writer.finish(tag, error)
  return reply
}

type Job = {
  readonly format: Format
  /** What is sent to PostgreSQL. */
  readonly text: string
  readonly statement: StatementShape
  readonly readOnly: boolean
}

/** What the parameters ask for, if the principal may have it. */
function readJob(principal: Principal, parameters: Record<string, unknown>): Job {
  const apiDecision = decide(principal, { surface: 'sql', statement: undefined })
  if (!apiDecision.allowed) throw new AccessError(apiDecision.reason)
  const sql = readSql(parameters.q)
  const format = readFormat(parameters.format)
  const statement = classifyStatement(sql, {
    maxBytes: principal.kind === 'master' ? maxSqlBytes.master : maxSqlBytes.others,
  })
  const decision = decide(principal, { surface: 'sql', statement })
  if (!decision.allowed) {
    throw new AccessError(decision.reason, {
      ...(decision.message !== undefined && { message: decision.message }),
    })
  }
  return { format, text: textFor(format, sql, statement), statement, readOnly: decision.readOnly }
}

/**
 * Why the result of a statement that is complete is not; a statement that writes has then done so,
 * and whoever reads the error must not think otherwise.
 */
function tooLarge(writer: ResultWriter, shape: StatementShape): AccessError | undefined {
  const stopped = writer.stopped()
  if (stopped === undefined) return undefined
  if (shape.understood && shape.statements.every((statement) => statement.reads)) return stopped
  return new AccessError(stopped.code, {
    message: `${stopped.message} The statement itself has been carried out.`,
  })
}

function startStreaming(reply: FastifyReply, headers: Record<string, string>): void {
  reply.headers(headers)
  reply.hijack()
  reply.raw.writeHead(200, reply.getHeaders() as Record<string, string>)
}

function resultHeaders(disposition: string): Record<string, string> {
  return {
    'content-type': 'application/json; charset=utf-8',
    'content-disposition': disposition,
    'cache-control': 'private, no-cache',
    vary: 'Authorization',
  }
}

function readSql(value: unknown): string {
  if (typeof value !== 'string') throw new AccessError('missing_sql')
  return value
}

function readFormat(value: unknown): Format {
  if (value === undefined || value === '') return 'json'
  const last = Array.isArray(value) ? value.at(-1) : value
  const format = typeof last === 'string' ? last.toLowerCase() : ''
  if (format === 'json' || format === 'geojson') return format
  throw invalidFormat(last)
}

/**
 * What is sent to PostgreSQL: the caller's own text, or, for GeoJSON, a select around it. It was
 * parsed alone and is exactly one SELECT, so it cannot close the parenthesis; the line break ends a
 * trailing comment. `the_geom` is not qualified: where it is missing, PostgreSQL's sentence is then
 * the one that clients know.
 */
function textFor(format: Format, sql: string, statement: StatementShape): string {
  if (format === 'json') return sql
  const only = statement.understood ? statement.statements[0] : undefined
  if (only === undefined || only.kind !== 'select' || !only.reads) {
    throw new AccessError('invalid_parameter', {
      message: 'format=geojson needs a SELECT that returns the column "the_geom".',
    })
  }
  const text = sql.slice(only.range.start, only.range.end)
  return `select postgis.st_asgeojson("the_geom", 6) as ${geojsonGeometryColumn}, _postern.*
from (
${text}
) as _postern`
}
