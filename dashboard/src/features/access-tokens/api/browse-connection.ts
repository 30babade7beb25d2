import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'

export const resourcesPageSize = 100

/** The schemas of a connection, or the tables, views and tilesets of one of them. */
async function browseConnection(connection: string, schema: string | undefined, page: number) {
  const query = { page, pageSize: resourcesPageSize }
  if (schema === undefined) {
    const path = { connection }
    return dataOf(api.GET('/v3/connections/{connection}/resources', { params: { path, query } }))
  }
  const path = { connection, resource: schema }
  const found = await dataOf(
    api.GET('/v3/connections/{connection}/resources/{resource}', { params: { path, query } }),
  )
  if (!('children' in found)) throw new Error(`${schema} is no schema.`)
  return found
}

export function useResources(
  connection: string,
  schema: string | undefined,
  { page = 1, enabled = true } = {},
) {
  return useQuery({
    queryKey: ['connections', 'resources', connection, schema ?? null, page],
    queryFn: () => browseConnection(connection, schema, page),
    placeholderData: keepPreviousData,
    enabled,
  })
}
