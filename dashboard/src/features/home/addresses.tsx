import { useQuery } from '@tanstack/react-query'
import { CopyButton } from '../../ui/copy-button.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Section } from '../../ui/section.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import styles from './addresses.module.css'
import { accountQuery } from './api/account.ts'

/** Where clients find the APIs of this account. */
export function Addresses() {
  const account = useQuery(accountQuery)
  return (
    <Section title="Where the APIs are" lead="What a client is given as its address.">
      {account.isPending && <Skeleton lines={2} height="2rem" />}
      {account.isError && (
        <ErrorState error={account.error} onRetry={() => void account.refetch()} />
      )}
      {account.isSuccess && (
        <Facts
          facts={[
            { name: 'Classic clients', value: <Address url={account.data.base_url} /> },
            { name: 'v3 clients', value: <Address url={account.data.v3_url} /> },
          ]}
        />
      )}
    </Section>
  )
}

function Address({ url }: { readonly url: string }) {
  return (
    <span className={styles.address}>
      <code>{url}</code>
      <CopyButton text={url} label="Copy address" iconOnly />
    </span>
  )
}
