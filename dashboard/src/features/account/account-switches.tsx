import { useState } from 'react'
import { Notice } from '../../ui/notice.tsx'
import { Switch } from '../../ui/switch.tsx'
import { useToast } from '../../ui/toast.tsx'
import styles from './account-switches.module.css'
import { useUpdateAccount } from './api/update-account.ts'
import type { Account } from './api/use-account.ts'
import { ShowOnceDialog } from './show-once-dialog.tsx'

/** What owners can make stricter. */
export function AccountSwitches({
  account,
  mayChange,
}: {
  readonly account: Account
  readonly mayChange: boolean
}) {
  const [isAsking, setAsking] = useState(false)
  const update = useUpdateAccount()
  const toast = useToast()
  const change = (changes: Parameters<typeof update.mutate>[0], done: string) =>
    update.mutate(changes, {
      onSuccess: () => toast({ text: done }),
      onError: (error) => toast({ tone: 'danger', text: error.message }),
    })
  return (
    <div className={styles.switches}>
      <Switch
        label="The master key opens data"
        hint="When this is off, the master key manages keys, and is refused by the SQL and Maps APIs. Applications then need keys of their own."
        checked={account.master_on_data}
        disabled={!mayChange || update.isPending}
        onChange={(isOn) =>
          change(
            { master_on_data: isOn },
            isOn ? 'The master key opens data.' : 'The master key no longer opens data.',
          )
        }
      />
      <Switch
        label="Show tokens once"
        hint="When this is on, a token is shown when it is made or regenerated, and kept in no form that could show it again: of API keys, of the master key and of access tokens."
        checked={account.show_once}
        disabled={!mayChange || update.isPending}
        onChange={(isOn) =>
          isOn
            ? setAsking(true)
            : change({ show_once: false }, 'Tokens that are made from now on can be shown again.')
        }
      />
      {account.show_once && (
        <Notice>
          Tokens from before cannot be shown any more, and go on working. Whoever has lost one
          regenerates the key or makes another token.
        </Notice>
      )}
      <ShowOnceDialog
        open={isAsking}
        onOpenChange={setAsking}
        onConfirm={async () => {
          await update.mutateAsync({ show_once: true })
          toast({ text: 'Tokens are shown once from now on.' })
        }}
      />
    </div>
  )
}
