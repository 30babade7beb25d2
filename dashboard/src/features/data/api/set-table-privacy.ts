import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { TableName } from './table.ts'

export type Privacy = 'PUBLIC' | 'LINK' | 'PRIVATE'

/** Opens a table to the public or closes it; answers when that holds. */
export function useSetTablePrivacy(name: TableName) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (privacy: Privacy) =>
      dataOf(
        api.PATCH('/v3/connections/{connection}/tables/{table}', {
          params: { path: { ...name } },
          body: { privacy },
        }),
      ),
    onSuccess: () => client.invalidateQueries({ queryKey: ['connections', name.connection] }),
  })
}
