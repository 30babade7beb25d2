import { useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

export type ConnectionHealth =
  paths['/v3/connections/{connection}/health']['get']['responses'][200]['content']['application/json']

/** How the server of a connection does. It is asked there and then, which can take seconds. */
export function useConnectionHealth(connection: string) {
  return useQuery({
    queryKey: ['connections', connection, 'health'],
    queryFn: () =>
      dataOf(api.GET('/v3/connections/{connection}/health', { params: { path: { connection } } })),
  })
}
