import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../client/api.ts'
import { invitationsQuery } from './use-invitations.ts'

async function deleteInvitation(id: string): Promise<void> {
  await api.DELETE('/v3/invitations/{id}', { params: { path: { id } } })
}

/** Takes an invitation back: its link opens nothing any more. */
export function useDeleteInvitation() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: deleteInvitation,
    onSuccess: () => client.invalidateQueries({ queryKey: invitationsQuery.queryKey }),
  })
}
