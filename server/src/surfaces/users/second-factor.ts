import {
  beginSecondFactor,
  finishSecondFactor,
  renewRecoveryCodes,
} from '../../commands/set-up-second-factor.ts'
import { turnOffSecondFactor } from '../../commands/turn-off-second-factor.ts'
import { viewSecondFactor } from '../../commands/view-second-factor.ts'
import { getManager, mustBeConfirmed } from '../manage.ts'
import { readObject } from '../read-bodies.ts'
import { mustBeText } from '../sessions/attempt.ts'
import type { Surface } from '../surface.ts'
import { getOwnSession } from './get-own-session.ts'
import * as schema from './second-factor-schema.ts'
import { sendPrivate } from './send-private.ts'

const address = '/v3/users/me/second-factor'

/** A user's second factor: their own to set up and turn off, and an owner's to turn off for others. */
export const secondFactor: Surface = (server, { commands, publicUrl }) => {
  server.get(address, { schema: schema.show }, async (request, reply) => {
    const { userId } = getOwnSession(request)
    const { confirmedAt, recoveryCodesLeft } = await viewSecondFactor(commands, userId)
    return sendPrivate(reply, 200, {
      enabled_at: confirmedAt?.toISOString() ?? null,
      recovery_codes_left: recoveryCodesLeft,
    })
  })

  server.post(address, { schema: schema.begin }, async (request, reply) => {
    const manager = getOwnSession(request)
    mustBeConfirmed(manager)
    const begun = await beginSecondFactor(commands, manager, {
      issuer: `Postern at ${new URL(publicUrl()).host}`,
      label: `${manager.accountName}/${manager.userName}`,
    })
    return sendPrivate(reply, 201, begun)
  })

  server.post(`${address}/confirm`, { schema: schema.finish }, async (request, reply) => {
    const manager = getOwnSession(request)
    mustBeConfirmed(manager)
    const code = mustBeText('code', readObject(request.body).code)
    const recoveryCodes = await finishSecondFactor(commands, manager, code)
    return sendPrivate(reply, 200, { recovery_codes: recoveryCodes })
  })

  server.post(`${address}/recovery-codes`, { schema: schema.renew }, async (request, reply) => {
    const manager = getOwnSession(request)
    mustBeConfirmed(manager)
    return sendPrivate(reply, 200, { recovery_codes: await renewRecoveryCodes(commands, manager) })
  })

  server.delete(address, { schema: schema.removeOwn }, async (request, reply) => {
    const manager = getOwnSession(request)
    mustBeConfirmed(manager)
    await turnOffSecondFactor(commands, manager, manager.userId)
    return reply.code(204).send()
  })

  server.delete<{ readonly Params: { readonly id: string } }>(
    '/v3/users/:id/second-factor',
    { schema: schema.remove },
    async (request, reply) => {
      const manager = getManager(request, 'write:users')
      mustBeConfirmed(manager)
      await turnOffSecondFactor(commands, manager, request.params.id)
      return reply.code(204).send()
    },
  )
}
