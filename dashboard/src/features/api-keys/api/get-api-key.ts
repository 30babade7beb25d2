import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { ApiKey } from './list-api-keys.ts'

export function getApiKey(name: string): Promise<ApiKey> {
  return dataOf(api.GET('/api/v3/api_keys/{name}', { params: { path: { name } } }))
}

export const apiKeyQuery = (name: string) =>
  queryOptions({ queryKey: ['api-keys', 'one', name], queryFn: () => getApiKey(name) })

export const useApiKey = (name: string) => useQuery(apiKeyQuery(name))
