import { parse as parseForm } from 'node:querystring'
import multipart from '@fastify/multipart'
import type { FastifyInstance } from 'fastify'
import { AccessError } from '../errors.ts'
import { isNestedDeeply } from './is-nested-deeply.ts'

/** The most fields of a form. */
const maxFields = 100
/** How deep JSON may be nested: more than any request means. */
const maxDepth = 200

/**
 * Reads JSON, form and multipart bodies into plain objects, for every method that has one. Forms
 * are read leniently: clients send `%` and raw spaces unescaped. A body of any other type is not
 * looked at.
 */
export async function readBodies(server: FastifyInstance, maxBytes: number): Promise<void> {
  server.removeAllContentTypeParsers()
  server.addContentTypeParser(
    ['application/json', 'application/vnd.api+json'],
    { parseAs: 'string', bodyLimit: maxBytes },
    (_request, text, done) => {
      // Clients label GET requests as JSON without sending any.
      if (text === '') return done(null, undefined)
      if (isNestedDeeply(String(text), maxDepth)) {
        return done(
          new AccessError('malformed_body', {
            message: `The request body is nested more than ${maxDepth} levels deep.`,
          }),
        )
      }
      try {
        done(null, JSON.parse(String(text)))
      } catch (cause) {
        // The runtime's own sentence quotes what stands around the fault: a token, for one.
        done(
          new AccessError('malformed_body', {
            message: 'The request body is not valid JSON.',
            cause,
          }),
        )
      }
    },
  )
  server.addContentTypeParser(
    'application/x-www-form-urlencoded',
    { parseAs: 'string', bodyLimit: maxBytes },
    (_request, text, done) => {
      const options = { maxKeys: maxFields, decodeURIComponent: decodeLeniently }
      done(null, parseForm(String(text), '&', '=', options))
    },
  )
  await server.register(multipart, {
    limits: { fields: maxFields, fieldSize: maxBytes, files: 0, parts: maxFields },
  })
  server.addHook('preValidation', (request, _reply, done) => {
    if (!request.isMultipart()) {
      done()
      return
    }
    readMultipart(request.parts(), maxBytes).then((fields) => {
      request.body = fields
      done()
    }, done)
  })
  // Whatever else arrives is drained and ignored, as on the original.
  server.addContentTypeParser('*', { bodyLimit: maxBytes }, (_request, payload, done) => {
    payload.resume()
    payload.on('end', () => done(null, undefined))
    payload.on('error', done)
  })
}

/** Decodes what is percent-encoded UTF-8 and leaves every other character, `%` too, as it is. */
function decodeLeniently(text: string): string {
  return text.replace(/(?:%[0-9a-f]{2})+/gi, (run) =>
    Buffer.from(run.replaceAll('%', ''), 'hex').toString('utf8'),
  )
}

async function readMultipart(
  parts: AsyncIterableIterator<{ type: string; fieldname: string; value?: unknown }>,
  maxBytes: number,
): Promise<Record<string, unknown>> {
  const fields: Record<string, unknown> = Object.create(null)
  // Parts come as a stream, which the limit on bodies does not see.
  let bytes = 0
  try {
    for await (const part of parts) {
      if (part.type !== 'field') continue
      bytes += part.fieldname.length + String(part.value).length
      if (bytes > maxBytes) throw new AccessError('body_too_large')
      fields[part.fieldname] = part.value
    }
  } catch (cause) {
    throw cause instanceof AccessError ? cause : new AccessError('malformed_body', { cause })
  }
  return fields
}

/** Query and body as one; the body wins, as the classic contract has it. */
export function mergeParameters(query: unknown, body: unknown): Record<string, unknown> {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
  const parameters = (query ?? {}) as Record<string, unknown>
  return isObject ? { ...parameters, ...body } : parameters
}

/** The fields of a body that has to have some. Throws malformed_body for anything else. */
export function readObject(body: unknown): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
    return body as Record<string, unknown>
  }
  throw new AccessError('malformed_body', { message: 'The request body must be an object.' })
}
