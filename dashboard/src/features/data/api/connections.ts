import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

type Answer = paths['/v3/connections']['get']['responses'][200]['content']['application/json']

export type Connection = Answer[number]

export const connectionsQuery = queryOptions({
  queryKey: ['connections'],
  queryFn: () => dataOf(api.GET('/v3/connections')),
})

/** The connections of the account: its own database first. */
export function useConnections() {
  return useQuery(connectionsQuery)
}
