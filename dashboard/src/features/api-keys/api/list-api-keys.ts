import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

type Answer = paths['/api/v3/api_keys']['get']['responses'][200]['content']['application/json']

export type ApiKey = Omit<Answer['result'][number], '_links'>

/** One page of the account's keys of these types: by type, and within it by name. */
export type ApiKeyPage = {
  readonly types: 'master,default' | 'regular'
  readonly page: number
  readonly pageSize: number
}

export function listApiKeys({ types, page, pageSize }: ApiKeyPage): Promise<Answer> {
  const query = { type: types, page, per_page: pageSize, order: 'name' as const }
  return dataOf(api.GET('/api/v3/api_keys', { params: { query } }))
}

export const apiKeysQuery = (page: ApiKeyPage) =>
  queryOptions({
    queryKey: ['api-keys', 'list', page],
    queryFn: () => listApiKeys(page),
    placeholderData: keepPreviousData,
  })

export const useApiKeys = (page: ApiKeyPage) => useQuery(apiKeysQuery(page))
