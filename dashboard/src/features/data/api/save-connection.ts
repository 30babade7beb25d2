import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

export type Registration =
  paths['/v3/connections']['post']['requestBody']['content']['application/json']
export type ConnectionChanges =
  paths['/v3/connections/{connection}']['patch']['requestBody']['content']['application/json']

/** Registers a server, or changes how one is registered. The server is looked at first. */
export function useSaveConnection(connection: string | undefined) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (body: Registration | ConnectionChanges) =>
      connection === undefined
        ? dataOf(api.POST('/v3/connections', { body: body as Registration }))
        : dataOf(
            api.PATCH('/v3/connections/{connection}', { params: { path: { connection } }, body }),
          ),
    onSuccess: () => client.invalidateQueries({ queryKey: ['connections'] }),
  })
}
