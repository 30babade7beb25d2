import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'
import { invitationsQuery } from './use-invitations.ts'

type Post = paths['/v3/invitations']['post']
type Wanted = NonNullable<Post['requestBody']>['content']['application/json']
/** With its link, which is told this once. */
export type NewInvitation = Post['responses'][201]['content']['application/json']

function createInvitation(wanted: Wanted): Promise<NewInvitation> {
  return dataOf(api.POST('/v3/invitations', { body: wanted }))
}

/** Invites somebody: whoever has the link can become a user. */
export function useCreateInvitation() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: createInvitation,
    onSuccess: () => client.invalidateQueries({ queryKey: invitationsQuery.queryKey }),
  })
}
