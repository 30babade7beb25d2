import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../client/api.ts'
import { oauthGrantsKey } from './list-oauth-grants.ts'

/** Takes back what an application was let do. */
export function useDeleteOAuthGrant() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: async (id: string) => {
      await api.DELETE('/v3/oauth-grants/{id}', { params: { path: { id } } })
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: oauthGrantsKey }),
  })
}
