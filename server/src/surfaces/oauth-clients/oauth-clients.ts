import type { FastifyReply, FastifyRequest } from 'fastify'
import { createOAuthClient } from '../../commands/create-oauth-client.ts'
import { deleteOAuthClient } from '../../commands/delete-oauth-client.ts'
import { endOAuthGrant } from '../../commands/end-oauth-grant.ts'
import type { Manager } from '../../credential/manager.ts'
import { AccessError } from '../../errors.ts'
import { scopesOf } from '../../policy/user-levels.ts'
import { formatReceipt } from '../../revocation/format-receipt.ts'
import type { Receipt } from '../../revocation/revoke.ts'
import { listOAuthClients, type OAuthClient } from '../../store/oauth-clients.ts'
import { listOAuthGrantsOf } from '../../store/oauth-grants.ts'
import { getAdmission } from '../admit.ts'
import { getManager, getSelf } from '../manage.ts'
import { readObject } from '../read-bodies.ts'
import type { Surface } from '../surface.ts'
import * as schema from './schema.ts'

type ById = { readonly Params: { readonly id: string } }

/** The OAuth clients of an account, for its owners; and what everybody has let them do. */
export const oauthClients: Surface = (server, { commands }) => {
  server.get('/v3/oauth-clients', { schema: schema.list }, async (request, reply) => {
    const { accountId } = getManager(request, 'read:oauth_clients')
    const clients = await listOAuthClients(commands.store, accountId)
    return send(reply, 200, { oauth_clients: clients.map(presentClient) })
  })

  server.post('/v3/oauth-clients', { schema: schema.create }, async (request, reply) => {
    const manager = getManager(request, 'write:oauth_clients')
    const { name, kind, scopes, redirect_uris: redirectUris } = readObject(request.body)
    const registrar = { ...manager, scopes: scopesOf(manager) }
    const { client, secret } = await createOAuthClient(commands, registrar, {
      name,
      kind,
      scopes,
      redirectUris,
    })
    return send(reply, 201, {
      ...presentClient(client),
      ...(secret !== undefined && { client_secret: secret }),
    })
  })

  server.delete<ById>(
    '/v3/oauth-clients/:id',
    { schema: schema.remove },
    async (request, reply) => {
      const manager = getManager(request, 'write:oauth_clients')
      endOwnRequest(request)
      return sendReceipt(reply, await deleteOAuthClient(commands, manager, request.params.id))
    },
  )

  server.get('/v3/oauth-grants', { schema: schema.listGrants }, async (request, reply) => {
    const { userId } = getUserThemselves(request)
    const grants = await listOAuthGrantsOf(commands.store, userId, commands.now())
    return send(reply, 200, {
      oauth_grants: grants.map((grant) => ({
        id: grant.id,
        client_id: grant.clientId,
        client_name: grant.clientName,
        scopes: grant.scopes,
        created_at: grant.createdAt.toISOString(),
        expires_at: grant.expiresAt?.toISOString(),
      })),
    })
  })

  server.delete<ById>(
    '/v3/oauth-grants/:id',
    { schema: schema.removeGrant },
    async (request, reply) => {
      const user = getUserThemselves(request)
      return sendReceipt(reply, await endOAuthGrant(commands, user, request.params.id))
    },
  )
}

/** What one has let applications do is for oneself to see, not for an application. */
function getUserThemselves(request: FastifyRequest): Manager {
  const manager = getSelf(request)
  if (manager.via !== 'oauth') return manager
  throw new AccessError('scope_missing', { message: 'No application may do this.' })
}

/** A client that deletes itself must not cut off this very answer. */
function endOwnRequest(request: FastifyRequest): void {
  const { principal, inFlight } = getAdmission(request)
  const { id } = request.params as ById['Params']
  if (principal.user?.endsWith.includes(id)) inFlight.end()
}

function presentClient(client: OAuthClient) {
  return {
    client_id: client.id,
    name: client.name,
    kind: client.kind,
    user_id: client.userId,
    redirect_uris: client.redirectUris,
    scopes: client.scopes,
    created_at: client.createdAt.toISOString(),
  }
}

function sendReceipt(reply: FastifyReply, receipt: Receipt): FastifyReply {
  return reply.code(204).header('postern-receipt', formatReceipt(receipt)).send()
}

function send(reply: FastifyReply, status: number, body: unknown): FastifyReply {
  return reply
    .code(status)
    .headers({ 'cache-control': 'no-store', vary: 'Authorization, Cookie' })
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(body))
}
