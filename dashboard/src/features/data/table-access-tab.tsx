import { Link } from '@tanstack/react-router'
import { formatCount } from '../../format/numbers.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Table } from '../../ui/table.tsx'
import { Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import { apiLabel } from '../api-keys/api-names.ts'
import { accessSentence } from './access-sentence.ts'
import type { TableName } from './api/table.ts'
import { type TableAccess, useTableAccess } from './api/table-access.ts'
import styles from './data.module.css'

const verbs = ['select', 'insert', 'update', 'delete']

/** Which credentials reach a table, and how. */
export function TableAccessTab({ name }: { readonly name: TableName }) {
  const { data, error, refetch } = useTableAccess(name)
  if (error !== null) return <ErrorState error={error} onRetry={refetch} />
  if (data === undefined) return <Skeleton lines={5} />
  const { access, unlisted, tokens_of_others } = data
  return (
    <div className={styles.stack}>
      <p className={styles.quiet}>
        As the database would let them now: grants, what they have made, and what is public.
      </p>
      {access.length === 0 ? (
        <EmptyState title="No credential of yours reaches it">
          Make an access token for it, with the button above.
        </EmptyState>
      ) : (
        <Table caption="Credentials that reach this table" stacked>
          <thead>
            <tr>
              <th scope="col">Credential</th>
              <th scope="col">How</th>
              <th scope="col">May</th>
              <th scope="col">APIs</th>
              <th scope="col">Expires</th>
            </tr>
          </thead>
          <tbody>
            {access.map((one, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a token can be granted the same twice.
              <tr key={index}>
                <td data-label="Credential">
                  <Credential access={one} />
                </td>
                <td data-label="How">{accessSentence(one)}</td>
                <td data-label="May">
                  <span className={styles.tags}>
                    {verbs
                      .filter((verb) => one.verbs.includes(verb))
                      .map((verb) => (
                        <Tag key={verb} tone={verb === 'select' ? 'neutral' : 'warning'}>
                          {verb}
                        </Tag>
                      ))}
                  </span>
                </td>
                <td data-label="APIs">{one.apis.map(apiLabel).join(', ')}</td>
                <td data-label="Expires">
                  {one.expires_at === null ? 'never' : <Time at={one.expires_at} />}
                </td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {unlisted > 0 && (
        <p className={styles.quiet}>And {formatCount(unlisted)} more keys and tokens.</p>
      )}
      {tokens_of_others !== null && tokens_of_others > 0 && (
        <p className={styles.quiet}>
          {tokens_of_others === 1
            ? 'One access token of another user reads it as well.'
            : `${formatCount(tokens_of_others)} access tokens of other users read it as well.`}{' '}
          Tokens are shown to the user who made them alone.
        </p>
      )}
    </div>
  )
}

function Credential({ access: { kind, name, id } }: { readonly access: TableAccess }) {
  if (kind === 'master') return <strong>Master key</strong>
  if (kind === 'default') return <strong>Default public key</strong>
  if (kind === 'key' && name !== null) {
    return (
      <>
        <Link to="/api-keys/$name" params={{ name }} className={styles.name}>
          {name}
        </Link>{' '}
        <span className={styles.quiet}>API key</span>
      </>
    )
  }
  return (
    <>
      <Link
        to="/developers/credentials/tokens/$id"
        params={{ id: id ?? '' }}
        className={styles.name}
      >
        {name}
      </Link>{' '}
      <span className={styles.quiet}>access token</span>
    </>
  )
}
