import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'
import { accessTokensKey } from './list-access-tokens.ts'

export type AccessTokenRequest = NonNullable<
  paths['/v3/tokens']['post']['requestBody']
>['content']['application/json']

export function useCreateAccessToken() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (body: AccessTokenRequest) => dataOf(api.POST('/v3/tokens', { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: accessTokensKey }),
  })
}
