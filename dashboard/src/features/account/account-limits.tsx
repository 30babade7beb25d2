import { formatCount } from '../../format/numbers.ts'
import { Facts } from '../../ui/facts.tsx'
import type { Account } from './api/use-account.ts'

/** What the operator lets the account have, and how much of it is used. */
export function AccountLimits({ account }: { readonly account: Account }) {
  return (
    <Facts
      facts={[
        { name: 'Regular API keys', value: quotaSentence(account.key_quota) },
        { name: 'Requests', value: rateSentence(account.rate_limit) },
        {
          name: 'Engine',
          value: account.engine
            ? 'On: regular API keys work.'
            : 'Off: regular API keys open nothing until the operator switches it on.',
        },
      ]}
    />
  )
}

function quotaSentence({ limit, used }: Account['key_quota']): string {
  if (limit === null) return `${formatCount(used)} used. There can be any number of them.`
  if (used >= limit) {
    return `${formatCount(used)} of ${formatCount(limit)} used. To make another, delete one first.`
  }
  return `${formatCount(used)} of ${formatCount(limit)} used.`
}

function rateSentence(limit: number | null): string {
  if (limit === null) return 'As many a second as the server allows each credential.'
  if (limit === 0) return 'No limit.'
  return `${formatCount(limit)} a second for each credential and kind of request.`
}
