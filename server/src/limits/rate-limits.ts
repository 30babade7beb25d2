import type { Principal } from '../credential/principal.ts'
import { type Allowance, createBuckets, type Rate } from './buckets.ts'
import { clientNetwork } from './client-network.ts'
import { type RateGroup, rateGroups } from './rate-groups.ts'

/** How many seconds' worth may be asked for at once. */
const burstSeconds = 10
/** What one address gets of the allowance of a public key, which everybody shares. */
const addressShare = 0.1
/** For credentials that turn out to be none: many more than anybody mistypes. */
const refusalRate: Rate = { perSecond: 20, burst: 1_000 }
/** Per group. An attacker needs as many addresses to have this node forget one of them. */
const maxBuckets = 50_000

/** How much each credential may ask for, on this node. */
export type RateLimits = {
  /**
   * Takes one request from the allowance that a credential has for a group of endpoints; of a public
   * key, from the address's part of it as well. Tells the tighter of the two. Undefined: no limit.
   */
  take(
    principal: Pick<Principal, 'credentialId' | 'kind' | 'requestsPerSecond'>,
    group: RateGroup,
    address: string,
  ): Allowance | undefined
  /** What an address may still present that we do not know; undefined: anything. */
  lookAtRefusals(address: string): Allowance | undefined
  /** The address has presented a credential that is none, or named an account that is none. */
  countRefusal(address: string): void
}

export function createRateLimits(options: {
  /** Requests per second of one credential in a group with a share of 1; 0: no limits at all. */
  readonly perSecond: number
  readonly monotonicNow: () => number
}): RateLimits {
  const { perSecond, monotonicNow } = options
  const create = () => createBuckets({ maxBuckets, monotonicNow })
  // One map per group: a key that is a credential's id as it stands need not be put together.
  const ofCredentials = forEachGroup(create)
  const ofAddresses = forEachGroup(create)
  const ofRefusals = create()
  const hasLimits = perSecond > 0
  const rates = ratesFor(perSecond)
  const addressRates = ratesFor(perSecond * addressShare)

  return {
    take({ credentialId, kind, requestsPerSecond = perSecond }, group, address) {
      if (requestsPerSecond === 0) return undefined
      const isUsual = requestsPerSecond === perSecond
      const rate = isUsual ? rates[group] : rateFor(requestsPerSecond, group)
      if (kind !== 'default') return ofCredentials[group].take(credentialId, rate)
      // First the address's own part: who has spent that does not spend the others'.
      const own = ofAddresses[group].take(
        `${credentialId} ${clientNetwork(address)}`,
        isUsual ? addressRates[group] : rateFor(requestsPerSecond * addressShare, group),
      )
      if (!own.isAllowed) return own
      const shared = ofCredentials[group].take(credentialId, rate)
      return !shared.isAllowed || shared.remaining < own.remaining ? shared : own
    },
    lookAtRefusals: (address) =>
      hasLimits ? ofRefusals.look(clientNetwork(address), refusalRate) : undefined,
    countRefusal(address) {
      if (hasLimits) ofRefusals.take(clientNetwork(address), refusalRate)
    },
  }
}

function ratesFor(perSecond: number): Record<RateGroup, Rate> {
  return forEachGroup((group) => rateFor(perSecond, group))
}

function rateFor(perSecond: number, group: RateGroup): Rate {
  const rate = perSecond * rateGroups[group].share
  return { perSecond: rate, burst: Math.max(1, Math.round(rate * burstSeconds)) }
}

function forEachGroup<T>(make: (group: RateGroup) => T): Record<RateGroup, T> {
  const groups = Object.keys(rateGroups) as RateGroup[]
  return Object.fromEntries(groups.map((group) => [group, make(group)])) as Record<RateGroup, T>
}
