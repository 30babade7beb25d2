import type { FastifyRequest } from 'fastify'
import type { Manager } from '../../credential/manager.ts'
import { AccessError } from '../../errors.ts'
import { getAdmission } from '../admit.ts'
import { getSelf } from '../manage.ts'

/** A manager who is signed in, with the name of their user and the id of this very sign-in. */
export type OwnSession = Manager & { readonly userName: string; readonly signInId: string }

/**
 * Who is signed in, for what is a user's own and neither an application's in their name nor that of
 * whoever has the master key. Throws session_required.
 */
export function getOwnSession(request: FastifyRequest): OwnSession {
  const { kind, user, credentialId } = getAdmission(request).principal
  if (kind !== 'session' || user === undefined) throw new AccessError('session_required')
  return { ...getSelf(request), userName: user.name, signInId: credentialId }
}
