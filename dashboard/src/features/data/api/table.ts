import { useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

export type TableDescription =
  paths['/v3/connections/{connection}/tables/{table}']['get']['responses'][200]['content']['application/json']

/** How a table is named in addresses. */
export type TableName = { readonly connection: string; readonly table: string }

export const tableKey = ({ connection, table }: TableName) =>
  ['connections', connection, 'table', table] as const

export function useTable(name: TableName) {
  return useQuery({
    queryKey: tableKey(name),
    queryFn: () =>
      dataOf(
        api.GET('/v3/connections/{connection}/tables/{table}', { params: { path: { ...name } } }),
      ),
  })
}
