import { formatCount } from '../../format/numbers.ts'
import { formatAge } from '../../format/times.ts'

/** What ends with a token, by how much it was used in the last 24 hours and when last. */
export function tellConsequences(
  usage: {
    readonly last_used_at: string | null
    readonly totals: { readonly requests: number }
  },
  nowMs: number,
): string {
  const { last_used_at: lastUsedAt, totals } = usage
  if (lastUsedAt === null) return 'It was never used: nothing that you run depends on it.'
  const age = formatAge(lastUsedAt, nowMs)
  if (totals.requests === 0) {
    return `It was last used ${age}. Whatever still uses it will be refused.`
  }
  const requests =
    totals.requests === 1 ? 'one request' : `${formatCount(totals.requests)} requests`
  return `It was last used ${age}, and for ${requests} in the last 24 hours. Pages and programs that use it will be refused from now on.`
}
