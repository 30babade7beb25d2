import { pipeline, type Writable } from 'node:stream'
import { createGzip } from 'node:zlib'
import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccessError } from '../../errors.ts'
import { getAdmission } from '../admit.ts'
import { identityHeaders } from '../classic-sql/answer-headers.ts'
import { databaseError } from '../classic-sql/database-error.ts'
import { sqlErrorBody } from '../classic-sql/render-sql-error.ts'
import { runOptionsFor } from '../classic-sql/run-plan.ts'
import { mergeParameters } from '../read-bodies.ts'
import { reportError } from '../render-errors.ts'
import type { SurfaceContext } from '../surface.ts'
import { createDownload } from './download.ts'
import { readCopyStatement } from './read-copy-statement.ts'

const defaultFilename = 'carto-sql-copyto.dmp'

/** `GET|POST /sql/copyto?q=`: the data of one COPY TO STDOUT as the answer. */
export async function copyTo(
  context: SurfaceContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const admission = getAdmission(request)
  const { principal } = admission
  const parameters = mergeParameters(request.query, request.body)
  reply.headers({
    ...identityHeaders(principal, context.nodeName, parameters.client),
    vary: 'Authorization, Accept-Encoding',
    'cache-control': 'private, no-cache',
  })
  const { text, lane, writes, isBrief } = readCopyStatement(principal, 'to', parameters.q)
  const isGzip = acceptsGzip(request.headers['accept-encoding'])
  const headers = {
    'content-type': 'application/octet-stream',
    'content-disposition': `attachment; filename=${filenameOf(parameters.filename)}`,
    ...(isGzip && { 'content-encoding': 'gzip' }),
  }
  const { output, connect, end, abort } = openOutput(reply, isGzip)
  const start = () => {
    reply.headers(headers)
    reply.hijack()
    reply.raw.writeHead(200, reply.getHeaders() as Record<string, string>)
    connect()
  }
  const download = createDownload(output, start)
  const options = runOptionsFor(context, admission)
  const deadlineMs = isBrief ? options.deadlineMs : context.limits.copyTimeoutMs
  try {
    await context.copies.run({ ...options, deadlineMs, lane, writes }, (session) =>
      session.run({ text }, download.sink(session)),
    )
  } catch (cause) {
    const failure = databaseError(cause, principal)
    if (!download.hasBegun()) throw failure
    download.finish()
    // The status has long been sent as 200: only the data and the log can still tell.
    const error =
      failure instanceof AccessError
        ? failure
        : new AccessError('internal_error', { cause: failure })
    reportError(request, error, context.observe)
    if (error.code === 'credential_revoked') abort()
    else end(JSON.stringify(sqlErrorBody(error)))
    return reply
  }
  download.finish()
  if (!download.hasBegun()) start()
  end()
  return reply
}

/** Where the data goes: into the response, or through gzip into it once that has begun. */
function openOutput(
  reply: FastifyReply,
  isGzip: boolean,
): {
  readonly output: Writable
  connect(): void
  end(text?: string): void
  /** Breaks a response off that has begun. */
  abort(): void
} {
  const { raw } = reply
  const abort = () => {
    raw.destroy()
  }
  if (!isGzip) return { output: raw, connect() {}, end: (text) => raw.end(text), abort }
  const gzip = createGzip()
  return {
    output: gzip,
    // A client that goes away ends both halves.
    connect: () => pipeline(gzip, raw, () => {}),
    end: (text) => gzip.end(text),
    abort,
  }
}

/** RFC 9110: without a weight, or with one above zero. */
function acceptsGzip(header: string | string[] | undefined): boolean {
  return String(header ?? '')
    .split(',')
    .some((part) => {
      const [name = '', ...parameters] = part.split(';').map((word) => word.trim().toLowerCase())
      return name === 'gzip' && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))
    })
}

function filenameOf(value: unknown): string {
  const name = typeof value === 'string' && value !== '' ? value : defaultFilename
  // Encoded; what encodeURIComponent leaves and a header would misread is encoded as well.
  return encodeURIComponent(name.toWellFormed()).replace(/['()*]/g, (character) =>
    `%${character.charCodeAt(0).toString(16)}`.toUpperCase(),
  )
}
