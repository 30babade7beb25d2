import { useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import { accessTokensKey } from './list-access-tokens.ts'

/** How much a token was used in the last 24 hours, and when last. */
export function useAccessTokenUsage(id: string, { enabled = true } = {}) {
  return useQuery({
    queryKey: [...accessTokensKey, 'usage', id],
    queryFn: () => dataOf(api.GET('/v3/tokens/{token}/usage', { params: { path: { token: id } } })),
    enabled,
    staleTime: 0,
  })
}
