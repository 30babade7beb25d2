import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { api } from '../../../client/api.ts'
import type { AccessToken } from './access-token.ts'

export const accessTokensKey = ['access-tokens'] as const

export const accessTokensPageSize = 50

/** A page of one's own tokens, the newest first, and how many there are in all. */
async function listAccessTokens(
  page: number,
): Promise<{ readonly tokens: readonly AccessToken[]; readonly total: number }> {
  const { data = [], response } = await api.GET('/v3/tokens', {
    params: { query: { page, pageSize: accessTokensPageSize } },
  })
  return { tokens: data, total: Number(response.headers.get('x-total-count') ?? data.length) }
}

export function useAccessTokens(page: number) {
  return useQuery({
    queryKey: [...accessTokensKey, 'list', page],
    queryFn: () => listAccessTokens(page),
    placeholderData: keepPreviousData,
  })
}
