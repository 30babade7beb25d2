import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api } from '../../../client/api.ts'

export async function deleteApiKey(name: string): Promise<void> {
  await api.DELETE('/api/v3/api_keys/{name}', { params: { path: { name } } })
}

export function useDeleteApiKey() {
  const queryClient = useQueryClient()
  return useMutation({
    mutationFn: deleteApiKey,
    onSuccess: (_, name) => {
      queryClient.removeQueries({ queryKey: ['api-keys', 'one', name] })
      return queryClient.invalidateQueries({ queryKey: ['api-keys', 'list'] })
    },
  })
}
