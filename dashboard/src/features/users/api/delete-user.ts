import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../client/api.ts'
import { usersQuery } from './use-users.ts'

async function deleteUser(id: string): Promise<void> {
  await api.DELETE('/v3/users/{id}', { params: { path: { id } } })
}

/** Removes a user from the account, with all that acts in their name. */
export function useDeleteUser() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: deleteUser,
    onSuccess: () => client.invalidateQueries({ queryKey: usersQuery.queryKey }),
  })
}
