import { performance } from 'node:perf_hooks'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccessError } from '../../errors.ts'
import { classifyStatement, type StatementShape } from '../../policy/classify-statement.ts'
import { decide } from '../../policy/decide.ts'
import { getAdmission } from '../admit.ts'
import { mergeParameters } from '../read-bodies.ts'
import type { Surface, SurfaceContext } from '../surface.ts'
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

/** The classic SQL API: contract/classic-sql-maps, sections 2 and 3. */
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
  const apiDecision = decide(principal, { surface: 'sql', statement: undefined })
  if (!apiDecision.allowed) throw new AccessError(apiDecision.reason)
  const sql = readSql(parameters.q)
  const format = readFormat(parameters.format)
  const isMaster = principal.kind === 'master'
  const statement = classifyStatement(sql, {
    maxBytes: isMaster ? maxSqlBytes.master : maxSqlBytes.others,
  })
  const decision = decide(principal, { surface: 'sql', statement })
  if (!decision.allowed) {
    throw new AccessError(decision.reason, {
      ...(decision.message !== undefined && { message: decision.message }),
    })
  }
  const { limits } = context
  const writer = createResultWriter({
    response: reply.raw,
    startResponse: () => startStreaming(reply, format),
    shape: format === 'json' ? jsonShape : geojsonShape,
    maxRows: limits.maxResultRows,
    maxBytes: limits.maxResultBytes,
    monotonicNow: () => performance.now(),
  })
  let failure: unknown
  let tag = ''
  try {
    const { database, role } = principal
    const completion = await context.warehouse.run(
      {
        key: { database, role },
        lane: 'caller',
        deadlineMs: isMaster ? limits.masterStatementTimeoutMs : limits.statementTimeoutMs,
        signal: inFlight.signal,
      },
      async (session) => {
        const types = context.types.find(database) ?? (await context.types.read(database, session))
        return session.run(
          { text: textFor(format, sql, statement), readOnly: decision.readOnly },
          writer.sink(session, types),
        )
      },
    )
    tag = completion.tag
    if (writer.metUnknownType()) context.types.forget(database)
  } catch (error) {
    failure = databaseError(error, principal)
  }
  return answer(reply, writer, format, tag, writer.stopped() ?? failure)
}

function answer(
  reply: FastifyReply,
  writer: ResultWriter,
  format: Format,
  tag: string,
  failure: unknown,
): FastifyReply {
  if (failure !== undefined && !writer.isStreaming()) throw failure
  if (failure instanceof AccessError && failure.code === 'credential_revoked') {
    reply.raw.destroy()
    return reply
  }
  const error =
    failure === undefined || failure instanceof AccessError
      ? failure
      : new AccessError('internal_error', { cause: failure })
  const whole = writer.finish(tag, error)
  if (whole === undefined) return reply
  reply.headers(resultHeaders(format))
  return reply.send(whole)
}

function startStreaming(reply: FastifyReply, format: Format): void {
  reply.headers(resultHeaders(format))
  reply.hijack()
  reply.raw.writeHead(200, reply.getHeaders() as Record<string, string>)
}

function resultHeaders(format: Format): Record<string, string> {
  return {
    'content-type': 'application/json; charset=utf-8',
    'content-disposition': `inline; filename=cartodb-query.${format}; modification-date="${new Date().toUTCString()}";`,
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
  throw new AccessError('invalid_format', { message: `Invalid format: ${String(last)}` })
}

/**
 * What is sent to PostgreSQL: the caller's own text, or, for GeoJSON, a select around it. It was
 * parsed alone and is exactly one SELECT, so it cannot close the parenthesis; the line break ends a
 * trailing comment.
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
  return `select postgis.st_asgeojson(_postern."the_geom", 6) as ${geojsonGeometryColumn}, _postern.*
from (
${text}
) as _postern`
}
