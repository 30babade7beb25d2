import type { FastifyReply } from 'fastify'
import { getAccountSettings } from '../../commands/get-account-settings.ts'
import { setAccount } from '../../commands/set-account.ts'
import { getAdmission } from '../admit.ts'
import { getManager, mustBeConfirmed } from '../manage.ts'
import { readObject } from '../read-bodies.ts'
import type { Surface } from '../surface.ts'
import { presentAccount } from './present-account.ts'
import { readAccountChanges } from './read-account-changes.ts'
import * as schema from './schema.ts'

/** The settings of an account, for those who manage it. */
export const account: Surface = (server, { commands, publicUrl }) => {
  server.get('/v3/account', { schema: schema.show }, async (request, reply) => {
    const manager = getManager(request, 'read:account')
    return send(reply, presentAccount(await getAccountSettings(commands, manager), publicUrl()))
  })

  server.patch('/v3/account', { schema: schema.update }, async (request, reply) => {
    const manager = getManager(request, 'write:account')
    const changes = readAccountChanges(readObject(request.body))
    // What is removed then comes back by nothing.
    if (changes.showOnce) mustBeConfirmed(manager)
    // A master key that is kept from data must not cut off this very answer.
    if (changes.masterOnData === false) getAdmission(request).inFlight.end()
    await setAccount(commands, manager.accountName, changes, manager)
    return send(reply, presentAccount(await getAccountSettings(commands, manager), publicUrl()))
  })
}

function send(reply: FastifyReply, body: unknown): FastifyReply {
  return reply
    .code(200)
    .headers({ 'cache-control': 'no-store', vary: 'Authorization, Cookie' })
    .type('application/json; charset=utf-8')
    .send(JSON.stringify(body))
}
