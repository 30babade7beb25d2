import { Link } from '@tanstack/react-router'
import { Plus } from 'lucide-react'
import { useState } from 'react'
import { useSession } from '../../client/session.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Page } from '../../ui/page.tsx'
import { Section } from '../../ui/section.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Table } from '../../ui/table.tsx'
import { type Connection, useConnections } from './api/connections.ts'
import { ConnectionDialog } from './connection-dialog.tsx'
import { ConnectionHealth } from './connection-health.tsx'
import styles from './data.module.css'

/** Where the account's data is: its own database, and the servers that were registered. */
export function ConnectionsPage() {
  const { scopes } = useSession()
  const { data, error, refetch } = useConnections()
  const [isOpen, setOpen] = useState(false)
  const mayRegister = scopes.includes('write:connections')
  return (
    <Page
      title="Data"
      lead="The account’s own database, and PostGIS servers that it was connected to. Choose one to see its tables."
      actions={
        mayRegister && (
          <Button variant="primary" onClick={() => setOpen(true)}>
            <Plus aria-hidden="true" />
            Register a server
          </Button>
        )
      }
    >
      <Section title="Connections">
        {error !== null ? (
          <ErrorState error={error} onRetry={refetch} />
        ) : data === undefined ? (
          <Skeleton lines={3} />
        ) : (
          <Table caption="Connections" stacked>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Where</th>
                <th scope="col">Health</th>
              </tr>
            </thead>
            <tbody>
              {data.map((connection) => (
                <ConnectionRow key={connection.id} connection={connection} />
              ))}
            </tbody>
          </Table>
        )}
      </Section>
      {data?.length === 1 && mayRegister && (
        <p className={styles.quiet}>
          Data on another PostGIS server can stay there: register the server, and grant access
          tokens what is on it.
        </p>
      )}
      {isOpen && <ConnectionDialog onClose={() => setOpen(false)} />}
    </Page>
  )
}

function ConnectionRow({ connection }: { readonly connection: Connection }) {
  const { name, config, is_default } = connection
  return (
    <tr>
      <td data-label="Name">
        <Link to="/data/$connection" params={{ connection: name }} className={styles.name}>
          {name}
        </Link>
      </td>
      <td data-label="Where">
        {is_default ? (
          'The account’s own database'
        ) : (
          <span className={styles.mono}>
            {config.user}@{config.host}:{config.port}/{config.database}
          </span>
        )}
      </td>
      <td data-label="Health">
        <ConnectionHealth connection={name} />
      </td>
    </tr>
  )
}
