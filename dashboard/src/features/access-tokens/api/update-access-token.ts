import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { AccessTokenRequest } from './create-access-token.ts'
import { accessTokensKey } from './list-access-tokens.ts'

/** Edits a token: what is not said stays. What it opened before and does not now is gone when it answers. */
export function useUpdateAccessToken(id: string) {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (body: Omit<AccessTokenRequest, 'expiration_date'>) =>
      dataOf(api.PATCH('/v3/tokens/{token}', { params: { path: { token: id } }, body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: accessTokensKey }),
  })
}
