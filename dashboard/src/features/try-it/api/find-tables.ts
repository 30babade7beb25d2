import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'

const pageSize = 50

/** Tables of a connection whose names hold a text, the first of them. */
export function useTables(connection: string, search: string) {
  return useQuery({
    queryKey: ['tables', connection, search],
    queryFn: () =>
      dataOf(
        api.GET('/v3/connections/{connection}/tables', {
          params: { path: { connection }, query: { search, pageSize } },
        }),
      ),
    placeholderData: keepPreviousData,
  })
}
