import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { toCreateRequest } from '../key-form.ts'
import type { ApiKey } from './list-api-keys.ts'

type Request = ReturnType<typeof toCreateRequest>

export function createApiKey(body: Request): Promise<ApiKey> {
  return dataOf(api.POST('/api/v3/api_keys', { body }))
}

export function useCreateApiKey() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: createApiKey,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['api-keys', 'list'] }),
  })
}
