import { useQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { Session } from '../../../client/session.ts'

/** What somebody is invited to, by what their link has behind the #. */
export function useInvitation(token: string) {
  return useQuery({
    queryKey: ['invitation', token],
    queryFn: () => dataOf(api.POST('/session/invitation', { body: { token } })),
    staleTime: Number.POSITIVE_INFINITY,
  })
}

/** Becomes a user of the account, and is signed in. */
export function acceptInvitation(body: {
  readonly token: string
  readonly name: string
  readonly password: string
}): Promise<Session> {
  return dataOf(api.POST('/session/invitation/accept', { body }))
}
