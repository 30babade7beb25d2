import { Link } from '@tanstack/react-router'
import { type ReactNode, useEffect, useState } from 'react'
import { ErrorState } from '../../ui/error-state.tsx'
import { Pager } from '../../ui/pager.tsx'
import { Section } from '../../ui/section.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Table } from '../../ui/table.tsx'
import { Tag } from '../../ui/tag.tsx'
import { type ApiKey, type ApiKeyPage, useApiKeys } from './api/list-api-keys.ts'
import { KeyActions } from './key-actions.tsx'
import { KeyApis } from './key-apis.tsx'
import { KeyExpiry } from './key-expiry.tsx'
import { KeyLastUse } from './key-last-use.tsx'
import styles from './key-list.module.css'
import { KeyToken } from './key-token.tsx'
import { keyTypeLabel } from './key-type.ts'

const pageSizes = { 'master,default': 2, regular: 10 } as const

/** The keys of some types, a page at a time. */
export function KeyList({
  title,
  lead,
  types,
  empty,
}: Pick<ApiKeyPage, 'types'> & {
  readonly title: string
  readonly lead: string
  readonly empty?: ReactNode
}) {
  const [page, setPage] = useState(1)
  const pageSize = pageSizes[types]
  const { data, error, refetch, isPlaceholderData } = useApiKeys({ types, page, pageSize })
  const lastPage = Math.max(1, Math.ceil((data?.total ?? 0) / pageSize))
  useEffect(() => {
    // The last key of the last page was deleted.
    if (data !== undefined && page > lastPage) setPage(lastPage)
  }, [data, page, lastPage])
  return (
    <Section title={title} lead={lead}>
      {error !== null ? (
        <ErrorState error={error} onRetry={refetch} />
      ) : data === undefined ? (
        <Skeleton lines={types === 'regular' ? 4 : 2} height="2.75rem" />
      ) : data.total === 0 ? (
        empty
      ) : (
        <div aria-busy={isPlaceholderData}>
          <KeyTable caption={title} keys={data.result} />
          <Pager
            page={page}
            pageSize={pageSize}
            total={data.total}
            label={title}
            onChange={setPage}
          />
        </div>
      )}
    </Section>
  )
}

function KeyTable({
  caption,
  keys,
}: {
  readonly caption: string
  readonly keys: readonly ApiKey[]
}) {
  return (
    <Table caption={caption} stacked>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Type</th>
          <th scope="col">APIs</th>
          <th scope="col">Token</th>
          <th scope="col">Last use</th>
          <th scope="col">
            <span className="visually-hidden">Actions</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {keys.map((key) => (
          <tr key={key.name}>
            <td data-label="Name" className={styles.name}>
              <Link to="/api-keys/$name" params={{ name: key.name }}>
                {key.name}
              </Link>
            </td>
            <td data-label="Type">
              <div className={styles.tags}>
                {keyTypeLabel(key.type)}
                {key.type === 'master' && <Tag tone="warning">Opens everything</Tag>}
                <KeyExpiry apiKey={key} />
              </div>
            </td>
            <td data-label="APIs">
              <KeyApis apiKey={key} />
            </td>
            <td data-label="Token">
              <KeyToken apiKey={key} />
            </td>
            <td data-label="Last use">
              <KeyLastUse apiKey={key} />
            </td>
            <td data-label="Actions">
              <div>
                <KeyActions apiKey={key} />
              </div>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}
