import type { FastifyReply, FastifyRequest } from 'fastify'
import { createApiKey } from '../../commands/create-api-key.ts'
import { deleteApiKey } from '../../commands/delete-api-key.ts'
import { getApiKey, listApiKeys } from '../../commands/list-api-keys.ts'
import { regenerateApiKey } from '../../commands/regenerate-api-key.ts'
import type { ApiKeyView } from '../../commands/view-api-keys.ts'
import type { Principal } from '../../credential/principal.ts'
import { AccessError } from '../../errors.ts'
import { decide } from '../../policy/decide.ts'
import { formatReceipt } from '../../revocation/format-receipt.ts'
import { findCredentialParameter, getAdmission, getPrincipal } from '../admit.ts'
import type { Surface } from '../surface.ts'
import { presentApiKey } from './present-api-key.ts'
import { readPage } from './read-page.ts'
import * as schema from './schema.ts'

const collection = '/api/v3/api_keys'

/** The classic Auth API. */
export const classicAuth: Surface = (server, context) => {
  const { commands } = context

  server.get(collection, { schema: schema.list }, async (request, reply) => {
    const principal = mayManage(request, 'read')
    const { page, perPage, order, types } = readPage(request.query as Record<string, unknown>)
    const { total, keys } = await listApiKeys(commands, principal, {
      types,
      order,
      limit: perPage,
      offset: (page - 1) * perPage,
    })
    const base = `${context.publicUrl()}/user/${principal.accountName}${collection}`
    const link = (number: number) => ({ href: pageUrl(base, request, number) })
    const last = Math.ceil(total / perPage)
    return send(reply, 200, {
      total,
      count: keys.length,
      result: keys.map((key) => ({
        ...presentApiKey(key),
        _links: { self: `${base}/${encodeURIComponent(key.name)}` },
      })),
      _links: {
        first: link(1),
        ...(page > 1 && { prev: link(page - 1) }),
        ...(page < last && { next: link(page + 1) }),
        last: link(last),
      },
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
    return sendKey(reply, 201, key)
  })

  server.get(`${collection}/:name`, { schema: schema.show }, async (request, reply) => {
    const principal = mayManage(request, 'read')
    return sendKey(reply, 200, await getApiKey(commands, principal, nameOf(request)))
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
      if (nameOf(request) === principal.credentialName) getAdmission(request).inFlight.end()
      const { view, receipt } = await regenerateApiKey(commands, principal, nameOf(request))
      reply.header('postern-receipt', formatReceipt(receipt))
      return sendKey(reply, 200, view)
    },
  )
}

function mayManage(request: FastifyRequest, operation: 'read' | 'write'): Principal {
  const principal = getPrincipal(request)
  const decision = decide(principal, { surface: 'auth', operation })
  if (!decision.allowed) throw new AccessError(decision.reason)
  return principal
}

function nameOf(request: FastifyRequest): string {
  return (request.params as { name: string }).name
}

/** The request's own address with another page. */
function pageUrl(base: string, request: FastifyRequest, page: number): string {
  const parameters = new URLSearchParams({ page: String(page) })
  const query = request.query as Record<string, unknown>
  for (const name of ['per_page', 'order', 'order_direction', 'type']) {
    const value = query[name]
    if (typeof value === 'string') parameters.set(name, value)
  }
  const credential = findCredentialParameter(request)
  if (credential !== undefined) parameters.set(credential.name, credential.value)
  return `${base}?${parameters}`
}

function sendKey(reply: FastifyReply, status: number, key: ApiKeyView): FastifyReply {
  return send(reply, status, presentApiKey(key))
}

function send(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  // Every answer here carries tokens.
  reply.header('cache-control', 'no-store').header('vary', 'Authorization')
  return reply.code(status).type('application/json; charset=utf-8').send(JSON.stringify(body))
}
