import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'

/** What a new key can be given beside tables. */
export const grantableQuery = queryOptions({
  queryKey: ['grantable'],
  queryFn: () => dataOf(api.GET('/v3/grantable')),
})

export const useGrantable = () => useQuery(grantableQuery)
