import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../client/api.ts'
import { accessTokensKey } from './list-access-tokens.ts'

/** Deletes a token: when it answers, the token opens nothing anywhere. */
export function useDeleteAccessToken() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: async (id: string) => {
      await api.DELETE('/v3/tokens/{token}', { params: { path: { token: id } } })
      queryClient.removeQueries({ queryKey: [...accessTokensKey, 'one', id] })
    },
    onSuccess: () => queryClient.invalidateQueries({ queryKey: [...accessTokensKey, 'list'] }),
  })
}
