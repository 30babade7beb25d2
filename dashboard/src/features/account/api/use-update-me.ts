import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import { sessionQuery } from '../../../client/session.ts'

type Changes = {
  readonly name?: string
  readonly email?: string | null
  readonly password?: string
}

/** Changes the user who is signed in; a new password ends their other sessions. */
export function useUpdateMe() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: (changes: Changes) => dataOf(api.PATCH('/v3/users/me', { body: changes })),
    onSuccess: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: sessionQuery.queryKey }),
        client.invalidateQueries({ queryKey: ['own-sessions'] }),
        client.invalidateQueries({ queryKey: ['users'] }),
      ]),
  })
}
