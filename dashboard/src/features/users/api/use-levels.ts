import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

export type Level =
  paths['/v3/users/levels']['get']['responses'][200]['content']['application/json']['levels'][number]

export const levelsQuery = queryOptions({
  queryKey: ['levels'],
  queryFn: async () => (await dataOf(api.GET('/v3/users/levels'))).levels,
  staleTime: Number.POSITIVE_INFINITY,
})

/** What users may do, by their level, from the one that may most. */
export function useLevels() {
  return useQuery(levelsQuery)
}
