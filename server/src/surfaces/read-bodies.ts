import { parse as parseForm } from 'node:querystring'
import multipart from '@fastify/multipart'
import type { FastifyInstance } from 'fastify'
import { AccessError } from '../errors.ts'

/** The most form fields and their size; the whole body has its own limit. */
const maxFields = 100

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
      try {
        done(null, JSON.parse(String(text)))
      } catch (cause) {
        done(new AccessError('malformed_body', { message: (cause as Error).message, cause }))
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
  server.addHook('preValidation', async (request) => {
    if (request.isMultipart()) request.body = await readMultipart(request.parts())
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
): Promise<Record<string, unknown>> {
  const fields: Record<string, unknown> = Object.create(null)
  try {
    for await (const part of parts) {
      if (part.type === 'field') fields[part.fieldname] = part.value
    }
  } catch (cause) {
    throw new AccessError('malformed_body', { cause })
  }
  return fields
}

/** Query and body as one; the body wins, as the classic contract has it. */
export function mergeParameters(query: unknown, body: unknown): Record<string, unknown> {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body)
  return { ...(query as Record<string, unknown>), ...(isObject ? body : {}) }
}
