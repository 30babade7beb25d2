import type { FastifyInstance } from 'fastify'
import { acceptInvitation, getInvitation } from '../../commands/accept-invitation.ts'
import { inviteUser } from '../../commands/invite-user.ts'
import { listOpenInvitations, revokeInvitation } from '../../commands/list-invitations.ts'
import { clientNetwork } from '../../limits/client-network.ts'
import type { ListedInvitation } from '../../store/invitations.ts'
import { getManager, mustBeConfirmedInSession } from '../manage.ts'
import { readObject } from '../read-bodies.ts'
import { mustNotBeForeign, type OwnAddress } from '../session-cookie.ts'
import { mustBeText } from '../sessions/attempt.ts'
import { sendNewSession } from '../sessions/present-session.ts'
import { startSession } from '../sessions/start-session.ts'
import type { Surface, SurfaceContext } from '../surface.ts'
import { sendPrivate } from '../users/send-private.ts'
import * as schema from './schema.ts'

/** Who is invited to become a user of an account, for its owners. */
export const invitations: Surface = (server, { commands, publicUrl }) => {
  server.get('/v3/invitations', { schema: schema.list }, async (request, reply) => {
    const { accountId } = getManager(request, 'read:users')
    const found = await listOpenInvitations(commands, accountId)
    return sendPrivate(reply, 200, {
      invitations: found.map((one) => ({
        id: one.id,
        ...presentInvitation(one),
        created_at: one.createdAt.toISOString(),
        invited_by: one.invitedByName,
      })),
    })
  })

  server.post('/v3/invitations', { schema: schema.create }, async (request, reply) => {
    const manager = getManager(request, 'write:users')
    mustBeConfirmedInSession(manager)
    const { email, level } = readObject(request.body)
    const { invitation, token } = await inviteUser(commands, manager, { email, level })
    return sendPrivate(reply, 201, {
      id: invitation.id,
      ...presentInvitation(invitation),
      created_at: invitation.createdAt.toISOString(),
      // In the fragment, which browsers send to nobody and no log ever has.
      url: `${publicUrl()}/invitation#${token}`,
    })
  })

  server.delete<{ readonly Params: { readonly id: string } }>(
    '/v3/invitations/:id',
    { schema: schema.remove },
    async (request, reply) => {
      const manager = getManager(request, 'write:users')
      await revokeInvitation(commands, manager, request.params.id)
      return reply.code(204).send()
    },
  )
}

/** For whoever has the link of an invitation, and no credential yet. */
export function acceptingInvitations(
  server: FastifyInstance,
  context: Pick<SurfaceContext, 'commands' | 'publicUrl'>,
  own: OwnAddress,
): void {
  const { commands } = context

  server.post('/session/invitation', { schema: schema.find }, async (request, reply) => {
    const token = mustBeText('token', readObject(request.body).token)
    const found = await getInvitation(commands, token)
    return sendPrivate(reply, 200, {
      account: found.accountName,
      invited_by: found.invitedByName,
      ...presentInvitation(found),
    })
  })

  server.post('/session/invitation/accept', { schema: schema.accept }, async (request, reply) => {
    mustNotBeForeign(request, own)
    const { token, name, password } = readObject(request.body)
    const session = await acceptInvitation(
      commands,
      mustBeText('token', token),
      { name, password },
      { network: clientNetwork(request.ip), userAgent: request.headers['user-agent'] },
    )
    return sendNewSession(reply, await startSession(context, request, reply, session))
  })
}

function presentInvitation({
  email,
  level,
  expiresAt,
}: Pick<ListedInvitation, 'email' | 'level' | 'expiresAt'>) {
  return { email, level, expires_at: expiresAt.toISOString() }
}
