import { useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import { type TableName, tableKey } from './table.ts'

/** Where the rows of a table lie. */
export function useTableBounds(name: TableName) {
  return useQuery({
    queryKey: [...tableKey(name), 'bounds'],
    queryFn: () =>
      dataOf(
        api.GET('/v3/connections/{connection}/tables/{table}/bounds', {
          params: { path: { ...name } },
        }),
      ),
  })
}
