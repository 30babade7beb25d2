import { QueryClient } from '@tanstack/react-query'
import { ApiError } from './api-error.ts'

/** What the server said is kept for half a minute; what it refused is not asked for again by itself. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: (failures, error) =>
          failures < 2 && !(error instanceof ApiError && error.status < 500),
      },
    },
  })
}
