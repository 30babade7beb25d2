import { useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'

/** The connections of the account. */
export function useConnections() {
  return useQuery({
    queryKey: ['connections', 'list'],
    queryFn: () => dataOf(api.GET('/v3/connections')),
  })
}
