import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { CommandContext } from '../commands/context.ts'
import { mustStillHold } from '../commands/must-still-hold.ts'
import { auditActorOf, type Caller } from '../credential/audit-actor.ts'
import type { Manager, Scope } from '../credential/manager.ts'
import type { Principal } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import { findScopeRefusal } from '../policy/user-levels.ts'
import { findAccountOwner } from '../store/account-users.ts'
import { storeError } from '../store/database.ts'
import { getCaller } from './admit.ts'
import type { SurfaceContext } from './surface.ts'

declare module 'fastify' {
  interface FastifyRequest {
    manager: Manager | null
  }
}

/**
 * Lets only managers through, on a context that stands behind requirePrincipal: what stands for a user,
 * and the master key, which manages as the account's owner. Other keys and access tokens open data;
 * they manage nothing.
 */
export function requireManager(
  server: FastifyInstance,
  context: Pick<SurfaceContext, 'commands'>,
): void {
  server.decorateRequest('manager', null)
  server.addHook('preHandler', async (request) => {
    request.manager = await managerOf(getCaller(request), context.commands)
  })
}

/**
 * The manager of a request, who may do what `scope` names. Throws scope_missing for a client that was
 * not let do it, and level_too_low for a user whose level does not have it.
 */
export function getManager(request: FastifyRequest, scope: Scope): Manager {
  const manager = getSelf(request)
  const refusal = findScopeRefusal(manager, scope)
  if (refusal !== undefined) throw new AccessError(refusal.reason, { message: refusal.message })
  return manager
}

/** The manager of a request, for what every manager may: to know and change what is their own. */
export function getSelf({ manager }: FastifyRequest): Manager {
  if (manager !== null && manager !== undefined) return manager
  throw new AccessError('internal_error', {
    cause: new Error('A route asked for a manager where none is required.'),
  })
}

/**
 * Throws confirmation_needed unless whoever manages has proven lately who they are: for what a
 * session that was left open, or a cookie that was taken, must not be enough.
 */
export function mustBeConfirmed({ isConfirmed, via }: Pick<Manager, 'isConfirmed' | 'via'>): void {
  if (isConfirmed) return
  throw new AccessError(
    'confirmation_needed',
    via === 'oauth' ? { message: 'An application may not do this in the name of a user.' } : {},
  )
}

/**
 * The same, but for applications: what a user has let one do to the users of an account, it may do,
 * and nobody is there to be asked.
 */
export function mustBeConfirmedInSession(manager: Pick<Manager, 'isConfirmed' | 'via'>): void {
  if (manager.via === 'session') mustBeConfirmed(manager)
}

/** Whether who is behind a principal has proven lately who they are. */
export function isConfirmed({ kind, user }: Principal, now: Date): boolean {
  return kind === 'master' || (user?.confirmedUntilMs ?? 0) > now.getTime()
}

async function managerOf(
  principal: Caller,
  { store, now }: Pick<CommandContext, 'store' | 'now'>,
): Promise<Manager> {
  const { accountId, accountName, kind, user } = principal
  if (user !== undefined) {
    return Object.freeze({
      accountId,
      accountName,
      userId: user.id,
      level: user.level,
      scopes: user.scopes,
      via: kind === 'oauth' ? 'oauth' : 'session',
      isConfirmed: isConfirmed(principal, now()),
      actor: auditActorOf(principal),
      mustStillHold: (transaction) => mustStillHold(transaction, principal),
    } satisfies Manager)
  }
  if (kind !== 'master') throw new AccessError('manager_required')
  const owner = await findAccountOwner(store, accountId).catch((error: unknown) => {
    throw storeError(error)
  })
  if (owner === undefined) throw new AccessError('manager_required')
  return Object.freeze({
    accountId,
    accountName,
    userId: owner.id,
    level: 'owner',
    scopes: 'all',
    via: 'master_key',
    isConfirmed: true,
    actor: auditActorOf(principal),
    mustStillHold: (transaction) => mustStillHold(transaction, principal),
  } satisfies Manager)
}
