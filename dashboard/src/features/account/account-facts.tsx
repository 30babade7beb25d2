import { CopyButton } from '../../ui/copy-button.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Time } from '../../ui/time.tsx'
import styles from './account-facts.module.css'
import type { Account } from './api/use-account.ts'

/** What the account is called, and where its APIs are. */
export function AccountFacts({ account }: { readonly account: Account }) {
  return (
    <Facts
      facts={[
        { name: 'Name', value: account.name },
        {
          name: 'Classic APIs begin with',
          value: <Address text={account.base_url} label="Copy address of the classic APIs" />,
        },
        {
          name: 'v3 APIs begin with',
          value: <Address text={account.v3_url} label="Copy address of the v3 APIs" />,
        },
        { name: 'Made', value: <Time at={account.created_at} /> },
      ]}
    />
  )
}

function Address({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <span className={styles.address}>
      <code className={styles.text}>{text}</code>
      <CopyButton text={text} label={label} iconOnly />
    </span>
  )
}
