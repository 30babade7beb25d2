import { useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import { type TableName, tableKey } from './table.ts'

/** The first rows of a table. */
export function useTableRows(name: TableName) {
  return useQuery({
    queryKey: [...tableKey(name), 'rows'],
    queryFn: () =>
      dataOf(
        api.GET('/v3/connections/{connection}/tables/{table}/rows', {
          params: { path: { ...name } },
        }),
      ),
  })
}
