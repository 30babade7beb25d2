import type { Principal } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import { createStopController, type StopController, type StopSignal } from '../stop-signal.ts'

/** One request that is being answered under a credential. */
export type InFlightRequest = {
  /** Aborts with the AccessError to answer with, when the credential ends before the answer does. */
  readonly signal: StopSignal
  /** The client went away, or the request failed: whatever runs for it should stop. */
  abort(reason: AccessError): void
  /** The answer is complete. */
  end(): void
}

/** Requests that are being answered, by credential, so that the end of a credential ends them. */
export type InFlightRequests = {
  begin(principal: Principal): InFlightRequest
  /** Aborts every request that `matches`; returns how many there were. */
  abort(matches: { apiKeyId?: string; accountId?: string }): number
  abortAll(reason: AccessError): number
  count(): number
}

type Entry = { readonly principal: Principal; readonly controller: StopController }

export function createInFlightRequests(): InFlightRequests {
  const entries = new Set<Entry>()

  function abortWhere(isMeant: (entry: Entry) => boolean, reason: AccessError): number {
    let aborted = 0
    for (const entry of [...entries]) {
      if (!isMeant(entry)) continue
      entries.delete(entry)
      entry.controller.abort(reason)
      aborted += 1
    }
    return aborted
  }

  return {
    begin(principal) {
      const entry: Entry = { principal, controller: createStopController() }
      entries.add(entry)
      return {
        signal: entry.controller.signal,
        abort(reason) {
          entries.delete(entry)
          entry.controller.abort(reason)
        },
        end() {
          entries.delete(entry)
        },
      }
    },
    abort: ({ apiKeyId, accountId }) =>
      abortWhere(
        ({ principal }) => principal.credentialId === apiKeyId || principal.accountId === accountId,
        new AccessError('credential_revoked'),
      ),
    abortAll: (reason) => abortWhere(() => true, reason),
    count: () => entries.size,
  }
}
