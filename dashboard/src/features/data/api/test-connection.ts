import { useMutation } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { paths } from '../../../client/openapi.gen.d.ts'

type Body = paths['/v3/connections/test']['post']['requestBody']['content']['application/json']
export type ConnectionChecks =
  paths['/v3/connections/test']['post']['responses'][200]['content']['application/json']

/** Looks at a server without registering it. */
export function useTestConnection() {
  return useMutation({
    mutationFn: (config: Body['config']) =>
      dataOf(api.POST('/v3/connections/test', { body: { config } })),
  })
}
