import { useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'
import { type TableName, tableKey } from './table.ts'

type Answer =
  paths['/v3/connections/{connection}/tables/{table}/access']['get']['responses'][200]['content']['application/json']

export type TableAccess = Answer['access'][number]

/** The credentials that reach a table. */
export function useTableAccess(name: TableName) {
  return useQuery({
    queryKey: [...tableKey(name), 'access'],
    queryFn: () =>
      dataOf(
        api.GET('/v3/connections/{connection}/tables/{table}/access', {
          params: { path: { ...name } },
        }),
      ),
  })
}
