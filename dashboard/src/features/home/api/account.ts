import { queryOptions } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'

/** The account's addresses and limits. Shared with the settings page: the key says what it is. */
export const accountQuery = queryOptions({
  queryKey: ['account'],
  queryFn: () => dataOf(api.GET('/v3/account')),
})
