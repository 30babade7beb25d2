import type { CredentialCache } from '../credential/credential-cache.ts'
import type { Revocation } from '../store/epochs.ts'
import type { InFlightRequests } from './in-flight.ts'
import type { Applied } from './node.ts'

const nothing: Applied = { responsesAborted: 0, sessionsEnded: 0 }

/** Takes one revocation into effect in this process. Nothing in here waits for a database. */
export function createApplyRevocation(options: {
  readonly reloadKeys: () => Promise<unknown>
  readonly cache: CredentialCache
  readonly inFlight: InFlightRequests
  /** Ends the sessions of roles in this process, and says how many there were. */
  readonly endRoles: (roles: readonly string[]) => number
  /** What may be read in an account has changed, or who may. */
  readonly accessChanged: (accountId: string) => void
}): (revocation: Revocation) => Promise<Applied> {
  const { reloadKeys, cache, inFlight, endRoles, accessChanged } = options
  return async ({ kind, accountId, credentialId, roles }) => {
    if (kind === 'key_ring') {
      await reloadKeys()
      return nothing
    }
    if (accountId !== null) accessChanged(accountId)
    if (kind === 'public_access') {
      // Sessions may stay: what the next statement may read is for PostgreSQL to say.
      const aborted = accountId === null ? 0 : inFlight.abortPublic(accountId)
      return { responsesAborted: aborted, sessionsEnded: 0 }
    }
    const matches = {
      ...(credentialId !== null && { credentialId }),
      ...(accountId !== null && { accountId }),
    }
    cache.evict(matches)
    if (kind === 'account_settings') return nothing
    const responsesAborted = inFlight.abort({
      ...matches,
      ...(kind === 'regular_keys' && { only: 'regular' }),
    })
    // The sessions of an account's roles end with its database.
    return { responsesAborted, sessionsEnded: endRoles(roles) }
  }
}
