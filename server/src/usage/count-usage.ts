import { type ErrorCode, errorTable } from '../errors.ts'
import { rateGroups } from '../limits/rate-groups.ts'
import type { Observation, Observe } from '../observations.ts'
import { type OperationName, operations } from '../operations.ts'
import type { UsageIncrement } from '../store/usage.ts'

const hourMs = 3_600_000

/** Requests by key, API and hour, in memory until somebody takes them away to write them down. */
export type UsageCounts = {
  /** Counts a request that was answered under a credential; other observations are passed over. */
  readonly count: Observe
  /** Everything counted since the last time. */
  take(): readonly UsageIncrement[]
  /** What could not be written down is counted again. */
  putBack(increments: readonly UsageIncrement[]): void
  /** Requests that were not counted, for want of room, since the last time this was asked. */
  takeLost(): number
}

type Entry = { -readonly [K in keyof UsageIncrement]: UsageIncrement[K] }

export function createUsageCounts(options: {
  /** Keys times APIs times hours, while the control database is away. */
  readonly maxEntries: number
  /** Wall-clock milliseconds. */
  readonly now: () => number
}): UsageCounts {
  const { maxEntries, now } = options
  let entries = new Map<string, Entry>()
  let lost = 0

  function count(observation: Observation): void {
    if (observation.event !== 'request_completed') return
    const { credentialId, operation, error } = observation
    const api = apiOf(operation)
    if (credentialId === undefined || api === undefined) return
    const nowMs = now()
    const hour = Math.floor(nowMs / hourMs)
    const entry = entryOf(`${hour} ${api} ${credentialId}`, () => ({
      credentialId,
      hour: new Date(hour * hourMs),
      api,
      requests: 0,
      errors: 0,
      denials: 0,
      lastUsedAt: new Date(nowMs),
    }))
    if (entry === undefined) {
      lost += 1
      return
    }
    entry.requests += 1
    entry.lastUsedAt.setTime(nowMs)
    if (error === undefined) return
    if (isDenial(error)) entry.denials += 1
    else entry.errors += 1
  }

  function entryOf(key: string, make: () => Entry): Entry | undefined {
    const known = entries.get(key)
    if (known !== undefined || entries.size >= maxEntries) return known
    const entry = make()
    entries.set(key, entry)
    return entry
  }

  return {
    count,
    take() {
      const taken = [...entries.values()]
      entries = new Map()
      return taken
    },
    putBack(increments) {
      for (const increment of increments) {
        const hour = increment.hour.getTime() / hourMs
        const key = `${hour} ${increment.api} ${increment.credentialId}`
        const entry = entryOf(key, () => ({ ...increment, requests: 0, errors: 0, denials: 0 }))
        if (entry === undefined) {
          lost += increment.requests
          continue
        }
        entry.requests += increment.requests
        entry.errors += increment.errors
        entry.denials += increment.denials
      }
    },
    takeLost() {
      const taken = lost
      lost = 0
      return taken
    },
  }
}

const apis = new Map<string, string>(
  (Object.keys(operations) as OperationName[]).flatMap((name) => {
    const operation = operations[name]
    return operation.needsCredential ? [[name, rateGroups[operation.rateGroup].api]] : []
  }),
)

/** The API that an operation belongs to; undefined for those that are nobody's. */
function apiOf(operation: string): string | undefined {
  return apis.get(operation)
}

/** Whether the key may not do, or not do more of, what it was used for. */
function isDenial(error: ErrorCode): boolean {
  const { status } = errorTable[error]
  return status === 401 || status === 403 || error === 'rate_limited'
}
