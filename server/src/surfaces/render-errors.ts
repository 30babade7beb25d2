import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { AccessError, type ErrorCode } from '../errors.ts'
import type { Observe } from '../observations.ts'
import { storeError } from '../store/database.ts'
import { errorScript, scriptType } from './jsonp.ts'
import type { RenderError, RenderedError } from './surface.ts'

declare module 'fastify' {
  interface FastifyRequest {
    errorCode: ErrorCode | undefined
  }
}

/**
 * Renders every error of this context once, in the surface's own shape. What is not an AccessError
 * is ours to mend: its cause is observed, and the caller learns nothing of it.
 */
export function renderErrors(server: FastifyInstance, render: RenderError, observe: Observe): void {
  server.setErrorHandler(async (error: FastifyError | AccessError, request, reply) => {
    const known = toAccessError(error, request)
    reportError(request, known, observe)
    // Closing on a client that still sends would take the answer from it: Node reads and drops the
    // rest, for as long as a request may take at most.
    if (known.code === 'body_too_large') reply.removeHeader('connection')
    return sendRendered(reply, known, render(known, request))
  })
}

/** Sends an error as its surface has rendered it, with its code for programs. */
export function sendRendered(
  reply: FastifyReply,
  { code }: AccessError,
  { status, body, callback, headers }: RenderedError,
): FastifyReply {
  reply.header('postern-error', code)
  if (headers !== undefined) reply.headers(headers)
  // Some caches keep what says nothing of it, and an error can quote data.
  if (!reply.hasHeader('cache-control')) reply.header('cache-control', 'no-store')
  if (body === undefined) return reply.code(status).send()
  const json = JSON.stringify(body)
  if (callback === undefined) {
    return reply.code(status).type('application/json; charset=utf-8').send(json)
  }
  // To the page that asked, a script with any other status is a script that did not load.
  return reply
    .code(200)
    .headers({ 'content-type': scriptType, 'x-content-type-options': 'nosniff' })
    .send(errorScript(callback, json))
}

/** Tells the operator of an error: its code with the request, and what is behind it when it is ours. */
export function reportError(request: FastifyRequest, error: AccessError, observe: Observe): void {
  noteError(request, error)
  // What is knowingly not there is nothing to mend.
  if (error.status < 500 || error.code === 'not_offered') return
  observe({ event: 'internal_error', requestId: request.id, cause: error.cause ?? error })
}

export function noteError(request: FastifyRequest, error: AccessError): void {
  request.errorCode = error.code
}

const frameworkErrors: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'body_too_large',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'unsupported_media_type',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'malformed_body',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'malformed_body',
  FST_ERR_CTP_INVALID_JSON_BODY: 'malformed_body',
  FST_ERR_BAD_URL: 'malformed_request',
}

function toAccessError(error: FastifyError | AccessError, request: FastifyRequest): AccessError {
  if (error instanceof AccessError) return error
  // The client went away in the middle of its body: nobody reads this answer.
  if (error === request.raw.errored) return new AccessError('request_timed_out', { cause: error })
  // What commands ask of the control database passes through here when it is away.
  const unreachable = storeError(error)
  if (unreachable instanceof AccessError) return unreachable
  const code = frameworkErrors[error.code]
  if (code !== undefined) return new AccessError(code, { cause: error })
  // The body parsers of the framework throw plain errors with a status.
  if (error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500) {
    return new AccessError('malformed_body', { status: error.statusCode, cause: error })
  }
  return new AccessError('internal_error', { cause: error })
}
