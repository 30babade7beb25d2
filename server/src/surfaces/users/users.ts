import type { FastifyRequest } from 'fastify'
import { createUser } from '../../commands/create-user.ts'
import { deleteUser } from '../../commands/delete-user.ts'
import { getUser, listUsers } from '../../commands/list-users.ts'
import { updateUser } from '../../commands/update-user.ts'
import type { Manager } from '../../credential/manager.ts'
import { scopesOf } from '../../policy/user-levels.ts'
import { formatReceipt } from '../../revocation/format-receipt.ts'
import { getAdmission } from '../admit.ts'
import { getManager, getSelf, mustBeConfirmedInSession } from '../manage.ts'
import { readObject } from '../read-bodies.ts'
import type { Surface } from '../surface.ts'
import { presentLevels } from './present-levels.ts'
import { presentUser } from './present-user.ts'
import * as schema from './schema.ts'
import { sendPrivate } from './send-private.ts'

type ById = { readonly Params: { readonly id: string } }

/** The users of an account, for its owners; and for everybody who manages, who they are. */
export const users: Surface = (server, context) => {
  const { commands } = context

  server.get('/v3/users', { schema: schema.list }, async (request, reply) => {
    const manager = getManager(request, 'read:users')
    const found = await listUsers(commands, manager.accountId)
    return sendPrivate(reply, 200, { users: found.map(presentUser) })
  })

  server.post('/v3/users', { schema: schema.create }, async (request, reply) => {
    const manager = getManager(request, 'write:users')
    mustBeConfirmedInSession(manager)
    const { name, level, email, password } = readObject(request.body)
    const { user, newPassword } = await createUser(commands, manager, {
      name,
      level,
      email,
      password,
    })
    return sendPrivate(reply, 201, {
      ...presentUser(user),
      ...(newPassword !== undefined && { password: newPassword }),
    })
  })

  server.get('/v3/users/levels', { schema: schema.levels }, async (request, reply) => {
    getSelf(request)
    return sendPrivate(reply, 200, presentLevels())
  })

  server.get('/v3/users/me', { schema: schema.showMe }, async (request, reply) => {
    const manager = getSelf(request)
    const user = await getUser(commands, manager.accountId, manager.userId)
    return sendPrivate(reply, 200, {
      ...presentUser(user),
      account: manager.accountName,
      scopes: scopesOf(manager),
    })
  })

  server.patch<ById>('/v3/users/:id', { schema: schema.update }, async (request, reply) => {
    const manager = getManager(request, 'write:users')
    mustBeConfirmedInSession(manager)
    const { name, level, email, password } = readObject(request.body)
    endOwnRequest(request, manager)
    const { user } = await updateUser(
      commands,
      manager,
      request.params.id,
      { name, level, email, password },
      keptSession(request),
    )
    return sendPrivate(reply, 200, presentUser(user))
  })

  server.delete<ById>('/v3/users/:id', { schema: schema.remove }, async (request, reply) => {
    const manager = getManager(request, 'write:users')
    mustBeConfirmedInSession(manager)
    endOwnRequest(request, manager)
    const receipt = await deleteUser(commands, manager, request.params.id)
    return reply.code(204).header('postern-receipt', formatReceipt(receipt)).send()
  })
}

/** Whoever changes themselves must not cut off this very answer. */
function endOwnRequest(request: FastifyRequest, { userId }: Manager): void {
  const { id } = request.params as ById['Params']
  if (id === userId) getAdmission(request).inFlight.end()
}

function keptSession(request: FastifyRequest): { readonly keptSignInId?: string } {
  const { kind, credentialId } = getAdmission(request).principal
  return kind === 'session' ? { keptSignInId: credentialId } : {}
}
