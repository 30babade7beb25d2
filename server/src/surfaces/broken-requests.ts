import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http'
import type { Socket } from 'node:net'
import { AccessError, type ErrorCode, errorTable } from '../errors.ts'
import { listHeader } from './list-header.ts'
import { maySendSlowly } from './raw-bodies.ts'

const codes: Readonly<Record<string, ErrorCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timed_out',
  HPE_HEADER_OVERFLOW: 'header_too_large',
}

/**
 * Answers what is not HTTP, or never became a whole request: there is no route and no surface yet,
 * so the answer is written to the socket by hand and the connection is closed.
 */
export function answerBrokenRequests(error: NodeJS.ErrnoException, socket: Socket): void {
  // Said once, when a request has taken its time; the connection is left as it is.
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT' && maySendSlowly(socket)) return
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  const { status, message } = errorTable[codes[error.code ?? ''] ?? 'malformed_request']
  const body = JSON.stringify({ error: [message] })
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
      'content-type: application/json; charset=utf-8',
      `content-length: ${Buffer.byteLength(body)}`,
      'connection: close',
      '',
      body,
    ].join('\r\n'),
  )
}

/**
 * Answers malformed_request when a request of HTTP/1.1 has no Host, or more than one: somebody in
 * front of us may have taken another one for the account's name than we would.
 */
export function mustNameOneHost(
  { raw }: { readonly raw: IncomingMessage },
  _reply: unknown,
  done: (error?: Error) => void,
): void {
  const hosts = listHeader(raw, 'host').length
  if (hosts > 1 || (hosts === 0 && raw.httpVersion === '1.1')) {
    done(new AccessError('malformed_request'))
  } else done()
}

/** RFC 9110, section 10.1.1: whatever is expected besides `100-continue` may be passed over. */
export function ignoreExpectation(
  this: { emit(event: string, ...values: unknown[]): boolean },
  request: IncomingMessage,
  response: ServerResponse,
): void {
  this.emit('request', request, response)
}
