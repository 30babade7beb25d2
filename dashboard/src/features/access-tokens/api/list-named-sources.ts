import { useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'

/** The named sources of the account. */
export function useNamedSources() {
  return useQuery({
    queryKey: ['named-sources', 'list'],
    queryFn: async () => {
      const query = { pageSize: 1_000 }
      return (await dataOf(api.GET('/v3/named-sources', { params: { query } }))).result
    },
  })
}
