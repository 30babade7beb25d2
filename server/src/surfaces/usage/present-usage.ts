import type { CredentialUsage } from '../../commands/get-api-key-usage.ts'
import type { UsagePeriod } from '../../store/usage.ts'
import type { Stretch } from './read-stretch.ts'

type Counts = { requests: number; errors: number; denials: number }

/** The usage of a credential: totals of the stretch, by API as well, and what there was in each period. */
export function presentUsage(usage: CredentialUsage, stretch: Stretch): Record<string, unknown> {
  const { name, use, periods } = usage
  const apis: Record<string, Counts> = {}
  for (const { api } of periods) {
    apis[api] ??= sum(periods.filter((period) => period.api === api))
  }
  return {
    name,
    last_used_at: use?.lastUsedAt.toISOString() ?? null,
    request_count: use?.requestCount ?? 0,
    granularity: stretch.granularity,
    from: stretch.from.toISOString(),
    to: stretch.to.toISOString(),
    totals: { ...sum(periods), apis },
    periods: periods.map(({ at, api, requests, errors, denials }) => ({
      at: at.toISOString(),
      api,
      requests,
      errors,
      denials,
    })),
  }
}

function sum(periods: readonly UsagePeriod[]): Counts {
  const total = { requests: 0, errors: 0, denials: 0 }
  for (const { requests, errors, denials } of periods) {
    total.requests += requests
    total.errors += errors
    total.denials += denials
  }
  return total
}
