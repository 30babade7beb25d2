import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Caller } from '../../credential/audit-actor.ts'
import type { Principal } from '../../credential/principal.ts'
import { AccessError } from '../../errors.ts'
import type { AccessRequest } from '../../policy/access-request.ts'
import { decide } from '../../policy/decide.ts'
import { getCaller } from '../admit.ts'
import type { SurfaceContext } from '../surface.ts'
import type { PresentedAccount } from './present-dataset.ts'

/** The principal of a request, if it may have this. Throws the reason why not. */
export function mayHave(request: FastifyRequest, what: AccessRequest): Caller {
  const principal = getCaller(request)
  const decision = decide(principal, what)
  if (!decision.allowed) throw new AccessError(decision.reason)
  return principal
}

/** The principal, if it may see and change all that is the account's: the master key's. */
export function mayManage(request: FastifyRequest): Caller {
  return mayHave(request, { surface: 'companions', operation: 'manage' })
}

export function accountOf(principal: Principal, context: SurfaceContext): PresentedAccount {
  return {
    id: principal.accountId,
    name: principal.accountName,
    baseUrl: `${context.publicUrl()}/user/${principal.accountName}`,
  }
}

/** Answers are for whoever sent this credential, and for nobody's cache. */
export function send(reply: FastifyReply, body: unknown): FastifyReply {
  reply.header('cache-control', 'no-store').header('vary', 'Authorization')
  return reply.type('application/json; charset=utf-8').send(JSON.stringify(body))
}
