import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import { type Session, sessionQuery } from '../../../client/session.ts'

type Proof = { readonly password: string; readonly code?: string }

function confirmSession(proof: Proof): Promise<Session> {
  return dataOf(api.POST('/session/confirm', { body: proof }))
}

/** Proves to the server once more who is signed in. */
export function useConfirmSession() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: confirmSession,
    onSuccess: (session) => queryClient.setQueryData(sessionQuery.queryKey, session),
  })
}
