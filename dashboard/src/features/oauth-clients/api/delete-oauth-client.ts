import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../client/api.ts'
import { oauthClientsKey } from './list-oauth-clients.ts'

/** Deletes a client, with all that it was let do. */
export function useDeleteOAuthClient() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: async (id: string) => {
      await api.DELETE('/v3/oauth-clients/{id}', { params: { path: { id } } })
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: oauthClientsKey }),
  })
}
