import type { FastifyReply, FastifyRequest } from 'fastify'
import { createApiKey } from '../../commands/create-api-key.ts'
import { deleteApiKey } from '../../commands/delete-api-key.ts'
import { getApiKeyUsage } from '../../commands/get-api-key-usage.ts'
import { getApiKey, listApiKeys } from '../../commands/list-api-keys.ts'
import { regenerateApiKey } from '../../commands/regenerate-api-key.ts'
import type { ApiKeyView } from '../../commands/view-api-keys.ts'
import type { Caller } from '../../credential/audit-actor.ts'
import { holdsKey, type Principal } from '../../credential/principal.ts'
import { AccessError } from '../../errors.ts'
import { decide } from '../../policy/decide.ts'
import { type KeyReader, keyReaderOf } from '../../policy/key-reader.ts'
import { formatReceipt } from '../../revocation/format-receipt.ts'
import { getAdmission, getCaller } from '../admit.ts'
import { scriptType } from '../jsonp.ts'
import { mergeParameters } from '../read-bodies.ts'
import type { Surface } from '../surface.ts'
import { presentUsage } from '../usage/present-usage.ts'
import { readStretch } from '../usage/read-stretch.ts'
import { pageLinks } from './page-links.ts'
import { presentApiKey } from './present-api-key.ts'
import { readCallback } from './read-callback.ts'
import { readPage } from './read-page.ts'
import * as schema from './schema.ts'

const collection = '/api/v3/api_keys'

/** The classic Auth API. */
export const classicAuth: Surface = (server, context) => {
  const { commands } = context

  server.get(collection, { schema: schema.list }, async (request, reply) => {
    const principal = mayManage(request, 'read')
    const reader = readerOf(principal, commands.now())
    const { page, perPage, order, types } = readPage(request.query as Record<string, unknown>)
    const { total, keys } = await listApiKeys(commands, reader, {
      types,
      order,
      limit: perPage,
      offset: (page - 1) * perPage,
    })
    const base = `${context.publicUrl()}/user/${principal.accountName}${collection}`
    return send(request, reply, 200, {
      total,
      count: keys.length,
      result: keys.map((key) => ({
        ...presentApiKey(key),
        _links: { self: `${base}/${encodeURIComponent(key.name)}` },
      })),
      _links: pageLinks(request, base, { page, perPage, total }),
    })
  })

  server.post(collection, { schema: schema.create }, async (request, reply) => {
    const principal = mayManage(request, 'write')
    const body = (request.body ?? {}) as Record<string, unknown>
    const key = await createApiKey(commands, principal, {
      name: body.name,
      grants: body.grants,
      description: body.description,
      expiresAt: body.expires_at,
    })
    return sendKey(request, reply, 201, key)
  })

  server.get(`${collection}/:name`, { schema: schema.show }, async (request, reply) => {
    const reader = readerOf(mayManage(request, 'read'), commands.now())
    return sendKey(request, reply, 200, await getApiKey(commands, reader, nameOf(request)))
  })

  server.get(`${collection}/:name/usage`, { schema: schema.usage }, async (request, reply) => {
    const reader = readerOf(mayManage(request, 'read'), commands.now())
    const stretch = readStretch(request.query as Record<string, unknown>, commands.now())
    const usage = await getApiKeyUsage(commands, reader, nameOf(request), stretch)
    return send(request, reply, 200, presentUsage(usage, stretch))
  })

  server.delete(`${collection}/:name`, { schema: schema.remove }, async (request, reply) => {
    const principal = mayManage(request, 'write')
    const receipt = await deleteApiKey(commands, principal, nameOf(request))
    return reply.code(204).header('postern-receipt', formatReceipt(receipt)).send()
  })

  server.post(
    `${collection}/:name/token/regenerate`,
    { schema: schema.regenerate },
    async (request, reply) => {
      const principal = mayManage(request, 'write')
      // A master key that replaces itself must not cut off this very answer.
      if (holdsKey(principal) && nameOf(request) === principal.credentialName) {
        getAdmission(request).inFlight.end()
      }
      const { view, receipt } = await regenerateApiKey(commands, principal, nameOf(request))
      reply.header('postern-receipt', formatReceipt(receipt))
      return sendKey(request, reply, 200, view)
    },
  )
}

/**
 * The principal, when it may do this and the parameters that every endpoint takes allow it to be
 * done: what is refused for them is refused before anything is changed.
 */
function mayManage(request: FastifyRequest, operation: 'read' | 'write'): Caller {
  const principal = getCaller(request)
  const decision = decide(principal, { surface: 'auth', operation })
  if (!decision.allowed) {
    throw new AccessError(decision.reason, { message: decision.message })
  }
  const { target_user: member, callback } = mergeParameters(request.query, request.body)
  if (member !== undefined && member !== null && member !== '') {
    // There are no organizations: nobody is a member of one with this account.
    throw new AccessError('member_not_found', {
      message: `User '${member}' not found in the organization '${principal.accountName}'`,
    })
  }
  // A script of any page can ask for one, and a browser adds the cookie by itself.
  if (readCallback(callback) !== undefined && principal.kind === 'session') {
    throw new AccessError('invalid_callback', { message: 'A session is answered with JSON only' })
  }
  return principal
}

function readerOf(principal: Principal, now: Date): KeyReader {
  const reader = keyReaderOf(principal, now)
  if (reader !== undefined) return reader
  throw new AccessError('api_not_allowed')
}

function nameOf(request: FastifyRequest): string {
  return (request.params as { name: string }).name
}

function sendKey(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  key: ApiKeyView,
): FastifyReply {
  return send(request, reply, status, presentApiKey(key))
}

function send(
  request: FastifyRequest,
  reply: FastifyReply,
  status: number,
  body: unknown,
): FastifyReply {
  // Every answer here carries tokens.
  reply.header('cache-control', 'no-store').header('vary', 'Authorization, Cookie')
  const json = JSON.stringify(body)
  const callback = readCallback(mergeParameters(request.query, request.body).callback)
  if (callback === undefined) {
    return reply.code(status).type('application/json; charset=utf-8').send(json)
  }
  return reply
    .code(status)
    .headers({ 'content-type': scriptType, 'x-content-type-options': 'nosniff' })
    .send(`/**/${callback}(${json})`)
}
