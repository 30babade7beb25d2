import type { FastifyReply, FastifyRequest } from 'fastify'
import { checkTokenSource, type SourceCheck } from '../../commands/check-token-source.ts'
import { createAccessToken } from '../../commands/create-access-token.ts'
import { deleteAccessToken } from '../../commands/delete-access-token.ts'
import { getAccessTokenUsage } from '../../commands/get-access-token-usage.ts'
import { getAccessToken, listAccessTokens } from '../../commands/list-access-tokens.ts'
import { updateAccessToken } from '../../commands/update-access-token.ts'
import { AccessError } from '../../errors.ts'
import { formatReceipt } from '../../revocation/format-receipt.ts'
import { getManager } from '../manage.ts'
import { readObject } from '../read-bodies.ts'
import type { Surface } from '../surface.ts'
import { presentUsage } from '../usage/present-usage.ts'
import { readStretch } from '../usage/read-stretch.ts'
import { presentAccessToken } from './present-access-token.ts'
import { readPage } from './read-page.ts'
import * as schema from './schema.ts'

const collection = '/v3/tokens'
const one = `${collection}/:token`

/** The v3 Tokens API. A token belongs to the user who made it, and is there for nobody else. */
export const tokensV3: Surface = (server, { commands }) => {
  server.get(collection, { schema: schema.list }, async (request, reply) => {
    const manager = getManager(request, 'read:tokens')
    const { total, tokens } = await listAccessTokens(commands, manager, readPage(request.query))
    reply.header('x-total-count', String(total))
    return send(
      reply,
      200,
      tokens.map((token) => presentAccessToken(token)),
    )
  })

  server.post(collection, { schema: schema.create }, async (request, reply) => {
    const manager = getManager(request, 'write:tokens')
    const { view, notes } = await createAccessToken(commands, manager, request.body)
    return send(reply, 201, presentAccessToken(view, notes))
  })

  server.post(`${collection}/check`, { schema: schema.check }, async (request, reply) => {
    const manager = getManager(request, 'write:tokens')
    const { connection_name: connectionName, source } = readObject(request.body)
    if (typeof connectionName !== 'string' || typeof source !== 'string') {
      throw new AccessError('invalid_token_request', {
        message: 'connection_name and source must be texts',
      })
    }
    const check = await checkTokenSource(commands, manager, { connectionName, source })
    return send(reply, 200, presentCheck(check))
  })

  server.get(one, { schema: schema.show }, async (request, reply) => {
    const manager = getManager(request, 'read:tokens')
    return send(
      reply,
      200,
      presentAccessToken(await getAccessToken(commands, manager, idOf(request))),
    )
  })

  server.get(`${one}/usage`, { schema: schema.usage }, async (request, reply) => {
    const manager = getManager(request, 'read:tokens')
    const stretch = readStretch(request.query as Record<string, unknown>, commands.now())
    const usage = await getAccessTokenUsage(commands, manager, idOf(request), stretch)
    return send(reply, 200, presentUsage(usage, stretch))
  })

  server.patch(one, { schema: schema.edit }, async (request, reply) => {
    const manager = getManager(request, 'write:tokens')
    const edited = await updateAccessToken(commands, manager, idOf(request), request.body)
    reply.header('postern-receipt', formatReceipt(edited.receipt))
    return send(reply, 200, presentAccessToken(edited.view, edited.notes))
  })

  server.delete(one, { schema: schema.remove }, async (request, reply) => {
    const manager = getManager(request, 'write:tokens')
    const receipt = await deleteAccessToken(commands, manager, idOf(request))
    return reply.code(204).header('postern-receipt', formatReceipt(receipt)).send()
  })
}

function presentCheck(check: SourceCheck) {
  if (!check.ok) return { valid: false, error: check.message, position: check.position ?? null }
  if (check.kind !== 'query') return { valid: true, kind: check.kind }
  const { kind, statement, isNamedSource, columns, parameters } = check
  return { valid: true, kind, statement, named_source: isNamedSource, columns, parameters }
}

function idOf(request: FastifyRequest): string {
  return (request.params as { token: string }).token
}

function send(reply: FastifyReply, status: number, answer: unknown): FastifyReply {
  // It shows secrets: nobody may keep it.
  return reply
    .code(status)
    .headers({ 'cache-control': 'no-store', vary: 'Authorization' })
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(answer))
}
