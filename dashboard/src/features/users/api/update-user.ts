import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import { type User, usersQuery } from './use-users.ts'

function updateUserLevel({ id, level }: Pick<User, 'id' | 'level'>): Promise<User> {
  return dataOf(api.PATCH('/v3/users/{id}', { params: { path: { id } }, body: { level } }))
}

/** Gives a user another level. Whoever changes their own sees other pages from then on. */
export function useUpdateUserLevel() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: updateUserLevel,
    onSettled: () =>
      Promise.all([
        client.invalidateQueries({ queryKey: usersQuery.queryKey }),
        client.invalidateQueries({ queryKey: ['session'] }),
      ]),
  })
}
