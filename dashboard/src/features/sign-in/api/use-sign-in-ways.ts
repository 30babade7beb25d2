import { useSuspenseQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'

/** How one can sign in here. */
export function useSignInWays() {
  return useSuspenseQuery({
    queryKey: ['sign-in-ways'],
    queryFn: () => dataOf(api.GET('/session/ways')),
    staleTime: Number.POSITIVE_INFINITY,
  }).data
}
