import type { CredentialKind, Principal } from '../credential/principal.ts'
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
  /**
   * Aborts every request of this credential, of what hangs on it or of this account, with `only` those
   * of one kind of key; returns how many there were.
   */
  abort(matches: { credentialId?: string; accountId?: string; only?: CredentialKind }): number
  /**
   * Aborts the account's requests under any key but the master key: what the public role may read
   * became less, and every other key has what the public role has. Those of users are none of them, and
   * one of them may be what closes a table.
   */
  abortPublic(accountId: string): number
  abortAll(reason: AccessError): number
  count(): number
}

type Entry = {
  readonly principal: Principal
  readonly controller: StopController
  readonly expiry: NodeJS.Timeout | undefined
}

/** The longest that a timer of Node waits: 24 days, which no request lasts. */
const maxTimerMs = 2 ** 31 - 1

export function createInFlightRequests(options: {
  /** Wall-clock milliseconds: a request ends when its credential expires. */
  readonly now: () => number
}): InFlightRequests {
  const entries = new Set<Entry>()

  function abortWhere(isMeant: (entry: Entry) => boolean, reason: AccessError): number {
    let aborted = 0
    for (const entry of [...entries]) {
      if (!isMeant(entry)) continue
      remove(entry)
      entry.controller.abort(reason)
      aborted += 1
    }
    return aborted
  }

  function remove(entry: Entry): void {
    clearTimeout(entry.expiry)
    entries.delete(entry)
  }

  function whenExpired(principal: Principal, end: () => void): NodeJS.Timeout | undefined {
    if (principal.expiresAtMs === undefined) return undefined
    const remainingMs = principal.expiresAtMs - options.now()
    return remainingMs > maxTimerMs ? undefined : setTimeout(end, remainingMs).unref()
  }

  return {
    begin(principal) {
      const entry: Entry = {
        principal,
        controller: createStopController(),
        expiry: whenExpired(principal, () =>
          abortWhere((one) => one === entry, new AccessError('credential_revoked')),
        ),
      }
      entries.add(entry)
      return {
        signal: entry.controller.signal,
        abort(reason) {
          remove(entry)
          entry.controller.abort(reason)
        },
        end() {
          remove(entry)
        },
      }
    },
    abort: ({ credentialId, accountId, only }) =>
      abortWhere(
        ({ principal }) =>
          (isOf(principal, credentialId) || principal.accountId === accountId) &&
          (only === undefined || principal.kind === only),
        new AccessError('credential_revoked'),
      ),
    abortPublic: (accountId) =>
      abortWhere(
        ({ principal }) =>
          principal.accountId === accountId &&
          principal.kind !== 'master' &&
          principal.user === undefined,
        new AccessError('access_changed'),
      ),
    abortAll: (reason) => abortWhere(() => true, reason),
    count: () => entries.size,
  }
}

/** Whether a request is under this credential, or under one that hangs on what has this id. */
function isOf({ credentialId, user }: Principal, id: string | undefined): boolean {
  return id !== undefined && (credentialId === id || user?.endsWith.includes(id) === true)
}
