import { useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

export type OAuthGrant =
  paths['/v3/oauth-grants']['get']['responses'][200]['content']['application/json']['oauth_grants'][number]

export const oauthGrantsKey = ['oauth-grants'] as const

/** What whoever is signed in has let applications do. */
export function useOAuthGrants() {
  return useQuery({
    queryKey: oauthGrantsKey,
    queryFn: async () => (await dataOf(api.GET('/v3/oauth-grants'))).oauth_grants,
  })
}
