import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

export type OwnSession =
  paths['/v3/users/me/sessions']['get']['responses'][200]['content']['application/json']['sessions'][number]

const queryKey = ['own-sessions']

/** Where the user is signed in. */
export function useOwnSessions() {
  return useQuery({
    queryKey,
    queryFn: async () => (await dataOf(api.GET('/v3/users/me/sessions'))).sessions,
  })
}

/** Signs out somewhere, or without an id everywhere else. */
export function useEndSessions() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: async (id: string | undefined) => {
      if (id === undefined) await api.DELETE('/v3/users/me/sessions')
      else await api.DELETE('/v3/users/me/sessions/{id}', { params: { path: { id } } })
    },
    onSettled: () => client.invalidateQueries({ queryKey }),
  })
}
