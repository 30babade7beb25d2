import { useInfiniteQuery } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'
import { type AuditFilter, auditQuery } from '../audit-query.ts'

type Answer = paths['/v3/audit-events']['get']['responses'][200]['content']['application/json']

export type AuditEvent = Answer['events'][number]

const eventsPerPage = 50

/** The audit log of the account, the latest first, page by page. */
export function useAuditEvents(filter: AuditFilter) {
  return useInfiniteQuery({
    queryKey: ['audit-events', filter],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam: cursor }) =>
      dataOf(
        api.GET('/v3/audit-events', {
          params: {
            query: {
              ...auditQuery(filter),
              limit: eventsPerPage,
              ...(cursor !== undefined && { cursor }),
            },
          },
        }),
      ),
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
  })
}
