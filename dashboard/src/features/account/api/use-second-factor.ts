import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import { sessionQuery } from '../../../client/session.ts'

const address = '/v3/users/me/second-factor'
const queryKey = ['second-factor']

/** Whether the user who is signed in has a second factor. */
export function useSecondFactor() {
  return useQuery({ queryKey, queryFn: () => dataOf(api.GET(address)) })
}

/** Begins to set one up: answers with the secret for an app. */
export function useBeginSecondFactor() {
  return useMutation({ mutationFn: () => dataOf(api.POST(address)) })
}

/** Puts it in force, by its first code: answers with the recovery codes. */
export function useFinishSecondFactor() {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: (code: string) => dataOf(api.POST(`${address}/confirm`, { body: { code } })),
    onSuccess: refresh,
  })
}

/** Makes new recovery codes. */
export function useRenewRecoveryCodes() {
  const refresh = useRefresh()
  return useMutation({
    mutationFn: () => dataOf(api.POST(`${address}/recovery-codes`)),
    onSuccess: refresh,
  })
}

/** Turns the second factor off. */
export function useTurnOffSecondFactor() {
  const refresh = useRefresh()
  return useMutation({ mutationFn: () => api.DELETE(address), onSuccess: refresh })
}

function useRefresh() {
  const client = useQueryClient()
  return () =>
    Promise.all([
      client.invalidateQueries({ queryKey }),
      client.invalidateQueries({ queryKey: sessionQuery.queryKey }),
    ])
}
