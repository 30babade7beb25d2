import { RefreshCw } from 'lucide-react'
import { Button } from '../../ui/button.tsx'
import { Section } from '../../ui/section.tsx'
import { Time } from '../../ui/time.tsx'
import { useConnectionHealth } from './api/connection-health.ts'
import { ConnectionHealth } from './connection-health.tsx'
import styles from './data.module.css'
import { Findings } from './findings.tsx'

/** How the server of a connection does, with what it lacks. */
export function ConnectionServer({ connection }: { readonly connection: string }) {
  const { data, error, isFetching, refetch } = useConnectionHealth(connection)
  return (
    <Section
      title="Server"
      lead={
        data === undefined ? (
          error === null && 'Asking the server.'
        ) : (
          <>
            Checked <Time at={data.checked_at} />.
          </>
        )
      }
      actions={
        <Button size="small" busy={isFetching} onClick={() => refetch()}>
          <RefreshCw aria-hidden="true" />
          Check again
        </Button>
      }
    >
      <ConnectionHealth connection={connection} />
      {data?.status === 'unreachable' && (
        <p className={styles.quiet}>
          Access tokens for this server open nothing until it answers. Look whether the server runs,
          whether it can be reached from here, and whether its user and password have changed.
        </p>
      )}
      {data !== undefined && data.findings.length > 0 && <Findings findings={data.findings} />}
    </Section>
  )
}
