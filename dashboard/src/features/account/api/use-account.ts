import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

export type Account = paths['/v3/account']['get']['responses'][200]['content']['application/json']

export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: () => dataOf(api.GET('/v3/account')),
})

/** The account with its settings. */
export function useAccount() {
  return useQuery(accountQuery)
}
