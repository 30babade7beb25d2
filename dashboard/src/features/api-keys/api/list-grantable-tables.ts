import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

type Answer = paths['/v3/grantable/tables']['get']['responses'][200]['content']['application/json']

export type GrantableTable = Answer['tables'][number]

export type GrantableTablePage = {
  readonly search: string
  readonly page: number
  readonly pageSize: number
}

export function listGrantableTables(page: GrantableTablePage): Promise<Answer> {
  return dataOf(api.GET('/v3/grantable/tables', { params: { query: page } }))
}

/** Tables and views that something can be granted on. What was there stays until the next is. */
export const grantableTablesQuery = (page: GrantableTablePage) =>
  queryOptions({
    queryKey: ['grantable', 'tables', page],
    queryFn: () => listGrantableTables(page),
    placeholderData: keepPreviousData,
  })

export const useGrantableTables = (page: GrantableTablePage) => useQuery(grantableTablesQuery(page))
