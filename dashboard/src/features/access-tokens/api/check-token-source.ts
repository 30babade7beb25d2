import { useMutation } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

/** What a source would open, or why it cannot be granted. */
export type SourceCheck =
  paths['/v3/tokens/check']['post']['responses'][200]['content']['application/json']

export function useCheckTokenSource() {
  return useMutation({
    mutationFn: ({ connection, source }: { connection: string; source: string }) =>
      dataOf(api.POST('/v3/tokens/check', { body: { connection_name: connection, source } })),
  })
}
