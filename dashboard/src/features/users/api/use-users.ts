import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

export type User =
  paths['/v3/users']['get']['responses'][200]['content']['application/json']['users'][number]

export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: async () => (await dataOf(api.GET('/v3/users'))).users,
})

/** The users of the account, in the order in which they came. */
export function useUsers() {
  return useQuery(usersQuery)
}
