import { queryOptions, useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

export type Invitation =
  paths['/v3/invitations']['get']['responses'][200]['content']['application/json']['invitations'][number]

export const invitationsQuery = queryOptions({
  queryKey: ['invitations'],
  queryFn: async () => (await dataOf(api.GET('/v3/invitations'))).invitations,
})

/** Who is invited and has not accepted yet. */
export function useInvitations() {
  return useQuery(invitationsQuery)
}
