import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'
import { type ActivityRange, ranges } from '../activity-range.ts'

export type Activity = paths['/v3/activity']['get']['responses'][200]['content']['application/json']

export type ActivityFilter = {
  readonly range: ActivityRange
  readonly credential: string | undefined
  readonly api: string | undefined
}

/** What was counted is written every few seconds; nobody watches it that closely. */
const refetchMs = 30_000

/** How much the credentials of the account were used up to now. */
export function useActivity({ range, credential, api: only }: ActivityFilter) {
  return useQuery({
    queryKey: ['activity', range, credential ?? null, only ?? null],
    queryFn: () => {
      const { granularity, days } = ranges[range]
      const from = new Date(Date.now() - days * 24 * 3_600_000).toISOString()
      const narrowed = {
        ...(credential !== undefined && { credential }),
        ...(only !== undefined && { api: only }),
      }
      const query = { granularity, from, ...narrowed }
      return dataOf(api.GET('/v3/activity', { params: { query } }))
    },
    placeholderData: keepPreviousData,
    refetchInterval: refetchMs,
  })
}
