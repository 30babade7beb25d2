import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

type Answer =
  paths['/v3/connections/{connection}/tables']['get']['responses'][200]['content']['application/json']

export type TableSummary = Answer['tables'][number]

export const tablesPerPage = 50

/** A page of the tables and views of a connection, and the schemas that they are in. */
export function useTables(
  connection: string,
  { search, schema, page }: { search: string; schema: string; page: number },
) {
  return useQuery({
    queryKey: ['connections', connection, 'tables', { search, schema, page }],
    queryFn: () =>
      dataOf(
        api.GET('/v3/connections/{connection}/tables', {
          params: {
            path: { connection },
            query: {
              ...(search !== '' && { search }),
              ...(schema !== '' && { schema }),
              page,
              pageSize: tablesPerPage,
            },
          },
        }),
      ),
    placeholderData: keepPreviousData,
  })
}
