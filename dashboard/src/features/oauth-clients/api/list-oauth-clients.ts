import { useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

export type OAuthClient =
  paths['/v3/oauth-clients']['get']['responses'][200]['content']['application/json']['oauth_clients'][number]

export type Scope = OAuthClient['scopes'][number]

export const oauthClientsKey = ['oauth-clients'] as const

/** The OAuth clients of the account, for its owners. */
export function useOAuthClients({ enabled }: { readonly enabled: boolean }) {
  return useQuery({
    queryKey: oauthClientsKey,
    queryFn: async () => (await dataOf(api.GET('/v3/oauth-clients'))).oauth_clients,
    enabled,
  })
}
