import { useMutation, useQueryClient } from '@tanstack/react-query'
import { api, dataOf } from '../../../client/api.ts'
import { type Account, accountQuery } from './use-account.ts'

type Changes = Partial<Pick<Account, 'master_on_data' | 'show_once'>>

function updateAccount(changes: Changes): Promise<Account> {
  return dataOf(api.PATCH('/v3/account', { body: changes }))
}

/** Changes settings of the account. What keys show depends on them, so it is asked for again. */
export function useUpdateAccount() {
  const client = useQueryClient()
  return useMutation({
    mutationFn: updateAccount,
    onSuccess: (account) => {
      client.setQueryData(accountQuery.queryKey, account)
      return client.invalidateQueries({
        predicate: ({ queryKey: [first] }) => first !== 'account' && first !== 'session',
      })
    },
  })
}
