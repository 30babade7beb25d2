import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { Credential } from '../credential.ts'

const pageSize = 200

/** The account's API keys and one's own access tokens, as far as the user may see either. */
export async function listCredentials(scopes: readonly string[]): Promise<readonly Credential[]> {
  const [keys, tokens] = await Promise.all([
    scopes.includes('read:api_keys') ? listKeys() : [],
    scopes.includes('read:tokens') ? listTokens() : [],
  ])
  return [...keys, ...tokens]
}

async function listKeys(): Promise<Credential[]> {
  const query = { page: 1, per_page: pageSize, order: 'name' as const }
  const { result } = await dataOf(api.GET('/api/v3/api_keys', { params: { query } }))
  return result.map(({ name, type, token }) => ({
    id: `key:${name}`,
    kind: 'api_key',
    name,
    type,
    token,
  }))
}

async function listTokens(): Promise<Credential[]> {
  const tokens = await dataOf(api.GET('/v3/tokens', { params: { query: { pageSize } } }))
  return tokens.map(({ id, name, token, referers }) => ({
    id: `token:${id}`,
    kind: 'access_token',
    name,
    tokenId: id,
    token,
    referers,
  }))
}

export function useCredentials(scopes: readonly string[]) {
  return useQuery(
    queryOptions({
      queryKey: ['credentials', scopes],
      queryFn: () => listCredentials(scopes),
      // A key that was made a moment ago is wanted here.
      staleTime: 0,
    }),
  )
}
