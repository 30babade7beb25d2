import { confirmSession } from '../../commands/confirm-session.ts'
import { endOtherSessions, endOwnSession, listOwnSessions } from '../../commands/own-sessions.ts'
import { updateUser } from '../../commands/update-user.ts'
import { clientNetwork } from '../../limits/client-network.ts'
import { getAdmission, getCaller } from '../admit.ts'
import { mustBeConfirmed } from '../manage.ts'
import { readObject } from '../read-bodies.ts'
import { mustBeText, outcomeOf } from '../sessions/attempt.ts'
import type { Surface } from '../surface.ts'
import { getOwnSession } from './get-own-session.ts'
import * as schema from './own-user-schema.ts'
import { presentUser } from './present-user.ts'
import { sendPrivate } from './send-private.ts'

/** What users change of themselves, whatever their level, and where they are signed in. */
export const ownUser: Surface = (server, { commands }) => {
  server.patch('/v3/users/me', { schema: schema.update }, async (request, reply) => {
    const manager = getOwnSession(request)
    const body = readObject(request.body)
    const { name, email, password, current_password: currentPassword, code } = body
    if (currentPassword !== undefined) {
      const attempt = await confirmSession(commands, getCaller(request), {
        password: mustBeText('current_password', currentPassword),
        ...(code !== undefined && { code: mustBeText('code', code) }),
        network: clientNetwork(request.ip),
      })
      outcomeOf(reply, commands.now(), attempt)
    } else mustBeConfirmed(manager)
    // What is under way for the user ends with this; not this very answer.
    getAdmission(request).inFlight.end()
    const { user } = await updateUser(
      commands,
      manager,
      manager.userId,
      { name, email, password },
      { keptSignInId: manager.signInId },
    )
    return sendPrivate(reply, 200, presentUser(user))
  })

  server.get('/v3/users/me/sessions', { schema: schema.listSessions }, async (request, reply) => {
    const { userId, signInId } = getOwnSession(request)
    const found = await listOwnSessions(commands, userId)
    const sessions = found.map((signIn) => ({
      id: signIn.id,
      is_current: signIn.id === signInId,
      sign_in_by: signIn.signedInBy,
      user_agent: signIn.userAgent,
      network: signIn.network,
      created_at: signIn.createdAt.toISOString(),
      last_seen_at: signIn.lastSeenAt.toISOString(),
      expires_at: new Date(signIn.endsAtMs).toISOString(),
    }))
    return sendPrivate(reply, 200, { sessions })
  })

  server.delete('/v3/users/me/sessions', { schema: schema.endOthers }, async (request, reply) => {
    getOwnSession(request)
    await endOtherSessions(commands, getCaller(request))
    return reply.code(204).send()
  })

  server.delete<{ readonly Params: { readonly id: string } }>(
    '/v3/users/me/sessions/:id',
    { schema: schema.endOne },
    async (request, reply) => {
      const { signInId } = getOwnSession(request)
      const { id } = request.params
      if (id === signInId) getAdmission(request).inFlight.end()
      await endOwnSession(commands, getCaller(request), id)
      return reply.code(204).send()
    },
  )
}
