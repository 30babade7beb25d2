import { useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import { accessTokensKey } from './list-access-tokens.ts'

/** One of one's own tokens. */
export function useAccessToken(id: string) {
  return useQuery({
    queryKey: [...accessTokensKey, 'one', id],
    queryFn: () => dataOf(api.GET('/v3/tokens/{token}', { params: { path: { token: id } } })),
  })
}
