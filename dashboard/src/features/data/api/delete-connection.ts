import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'

/** Forgets a registered server, and drops what Postern made there. */
export function useDeleteConnection(connection: string) {
  const client = useQueryClient()
  return useMutation({
    mutationFn: () =>
      dataOf(api.DELETE('/v3/connections/{connection}', { params: { path: { connection } } })),
    onSuccess: () => client.invalidateQueries({ queryKey: ['connections'], exact: true }),
  })
}
