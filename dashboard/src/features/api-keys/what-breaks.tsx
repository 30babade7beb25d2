import { formatCount } from '../../format/numbers.ts'
import { Notice } from '../../ui/notice.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Time } from '../../ui/time.tsx'
import { useApiKeyUsage } from './api/get-api-key-usage.ts'

/** What will stop working with a key's token: how much it is used right now. */
export function WhatBreaks({ name }: { readonly name: string }) {
  const { data, error } = useApiKeyUsage(name)
  if (error !== null) {
    return (
      <Notice tone="warning">How much it is used could not be found out: {error.message}</Notice>
    )
  }
  if (data === undefined) return <Skeleton lines={1} height="3rem" />
  if (data.last_used_at === null) return <Notice>It was never used.</Notice>
  const { requests } = data.totals
  return (
    <Notice tone="warning" title={requests > 0 ? 'It is in use' : 'It has been used'}>
      <p>
        {requests === 1 ? '1 request' : `${formatCount(requests)} requests`} in the last 24 hours,
        the last use was <Time at={data.last_used_at} />. Whatever sends this token will be refused.
      </p>
    </Notice>
  )
}
