import type { FastifyInstance, FastifyRequest } from 'fastify'
import { mustStillHold } from '../commands/must-still-hold.ts'
import type { Admission } from '../credential/authenticate.ts'
import type { Manager, Scope } from '../credential/manager.ts'
import { AccessError } from '../errors.ts'
import { findAccountOwner } from '../store/accounts.ts'
import { type Database, storeError } from '../store/database.ts'
import { getAdmission } from './admit.ts'
import type { SurfaceContext } from './surface.ts'

declare module 'fastify' {
  interface FastifyRequest {
    manager: Manager | null
  }
}

/**
 * Lets only managers through, on a context that stands behind requirePrincipal: the master key, which
 * manages as the account's owner. Other keys and access tokens open data; they manage nothing.
 */
export function requireManager(
  server: FastifyInstance,
  context: Pick<SurfaceContext, 'commands'>,
): void {
  server.decorateRequest('manager', null)
  server.addHook('preHandler', async (request) => {
    request.manager = await managerOf(getAdmission(request), context.commands.store)
  })
}

/**
 * The manager of a request, who may do what `scope` names. Throws scope_missing for a client that was
 * not let do it, and level_too_low for a viewer who would change something.
 */
export function getManager(request: FastifyRequest, scope: Scope): Manager {
  const { manager } = request
  if (manager === null || manager === undefined) {
    throw new AccessError('internal_error', {
      cause: new Error('A route asked for a manager where none is required.'),
    })
  }
  if (manager.scopes !== 'all' && !manager.scopes.includes(scope)) {
    throw new AccessError('scope_missing', { message: `The scope ${scope} is missing.` })
  }
  if (manager.level === 'viewer' && scope.startsWith('write:')) {
    throw new AccessError('level_too_low')
  }
  return manager
}

async function managerOf({ principal }: Admission, store: Database): Promise<Manager> {
  if (principal.kind !== 'master') throw new AccessError('manager_required')
  const { accountId, accountName } = principal
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
    mustStillHold: (transaction) => mustStillHold(transaction, principal),
  } satisfies Manager)
}
