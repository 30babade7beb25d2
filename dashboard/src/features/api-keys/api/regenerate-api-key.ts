import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import type { ApiKey } from './list-api-keys.ts'

export function regenerateApiKey(name: string): Promise<ApiKey> {
  const params = { path: { name } }
  return dataOf(api.POST('/api/v3/api_keys/{name}/token/regenerate', { params }))
}

export function useRegenerateApiKey() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: regenerateApiKey,
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ['api-keys'] }),
  })
}
