import { queryOptions, useSuspenseQuery } from '@tanstack/react-query'
import { api, dataOf } from './api.ts'
import { ApiError } from './api-error.ts'
import { setCsrfToken } from './csrf-token.ts'
import type { paths } from './openapi.gen.d.ts'

export type Session = paths['/session']['get']['responses'][200]['content']['application/json']

/** Who is signed in; null for nobody. */
export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: async (): Promise<Session | null> => {
    try {
      const session = await dataOf(api.GET('/session'))
      setCsrfToken(session.csrf_token)
      return session
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null
      throw error
    }
  },
  staleTime: 60_000,
})

/** Who is signed in, on pages that only they see. */
export function useSession(): Session {
  const { data } = useSuspenseQuery(sessionQuery)
  if (data === null) throw new Error('This page is for whoever is signed in.')
  return data
}
