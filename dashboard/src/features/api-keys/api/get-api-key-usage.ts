import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

export type ApiKeyUsage =
  paths['/api/v3/api_keys/{name}/usage']['get']['responses'][200]['content']['application/json']

/** How much a key was used within the last 24 hours, and when last. */
export function getApiKeyUsage(name: string): Promise<ApiKeyUsage> {
  const params = { path: { name }, query: { granularity: 'hour' as const } }
  return dataOf(api.GET('/api/v3/api_keys/{name}/usage', { params }))
}

export const apiKeyUsageQuery = (name: string) =>
  queryOptions({
    queryKey: ['api-keys', 'usage', name],
    queryFn: () => getApiKeyUsage(name),
    staleTime: 0,
  })

export const useApiKeyUsage = (name: string) => useQuery(apiKeyUsageQuery(name))
