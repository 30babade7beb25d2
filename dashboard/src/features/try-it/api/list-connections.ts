import { useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'

/** The names of the account's connections. */
export function useConnectionNames() {
  return useQuery({
    queryKey: ['connections', 'names'],
    queryFn: async () => (await dataOf(api.GET('/v3/connections'))).map(({ name }) => name),
  })
}
