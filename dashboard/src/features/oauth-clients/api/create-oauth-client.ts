import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'
import { oauthClientsKey } from './list-oauth-clients.ts'

export type OAuthClientRequest = NonNullable<
  paths['/v3/oauth-clients']['post']['requestBody']
>['content']['application/json']

/** What a client is once it is registered; a program has a secret, which is told this once. */
export type RegisteredOAuthClient =
  paths['/v3/oauth-clients']['post']['responses'][201]['content']['application/json']

export function useCreateOAuthClient() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: (body: OAuthClientRequest) => dataOf(api.POST('/v3/oauth-clients', { body })),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: oauthClientsKey }),
  })
}
