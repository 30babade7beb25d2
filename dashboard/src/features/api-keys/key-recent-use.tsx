import { formatCount } from '../../format/numbers.ts'
import { useApiKeyUsage } from './api/get-api-key-usage.ts'

/** How many requests a key has made of late, and how many of them were refused. */
export function KeyRecentUse({ name }: { readonly name: string }) {
  const { data, error } = useApiKeyUsage(name)
  if (error !== null) return 'Not known right now'
  if (data === undefined) return '…'
  const { requests, denials } = data.totals
  return denials === 0
    ? formatCount(requests)
    : `${formatCount(requests)}, of which ${formatCount(denials)} were refused`
}
