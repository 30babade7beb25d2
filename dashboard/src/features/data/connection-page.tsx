import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useSession } from '../../client/session.ts'
import { formatBytes, formatCount } from '../../format/numbers.ts'
import { EmptyState } from '../../ui/empty-state.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Page } from '../../ui/page.tsx'
import { Pager } from '../../ui/pager.tsx'
import { SearchInput } from '../../ui/search-input.tsx'
import { Section } from '../../ui/section.tsx'
import { Select } from '../../ui/select.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Table } from '../../ui/table.tsx'
import { useConnections } from './api/connections.ts'
import { type TableSummary, tablesPerPage, useTables } from './api/tables.ts'
import { ConnectionActions } from './connection-actions.tsx'
import { ConnectionServer } from './connection-server.tsx'
import styles from './data.module.css'
import { geometryTitle } from './geometry-title.ts'
import { PrivacyTag } from './privacy-tag.tsx'

/** The tables and views of one connection. */
export function ConnectionPage() {
  const { connection: name } = useParams({ from: '/signed-in/data/$connection' })
  const { scopes } = useSession()
  const { data: connections } = useConnections()
  const connection = connections?.find((one) => one.name === name)
  if (connections !== undefined && connection === undefined) {
    return (
      <Page title={name} back={<Link to="/data">Data</Link>}>
        <EmptyState title="There is no such connection">
          It may have been deleted, or the address is not quite right.
        </EmptyState>
      </Page>
    )
  }
  return (
    <Page
      title={name}
      back={<Link to="/data">Data</Link>}
      lead={connection?.is_default === true ? 'The account’s own database.' : undefined}
      actions={
        connection?.is_default === false &&
        scopes.includes('write:connections') && <ConnectionActions connection={connection} />
      }
    >
      <ConnectionServer connection={name} />
      <Tables connection={name} />
    </Page>
  )
}

function Tables({ connection }: { readonly connection: string }) {
  const {
    search = '',
    schema = '',
    page: pageText,
  } = useSearch({
    from: '/signed-in/data/$connection',
  })
  const navigate = useNavigate({ from: '/data/$connection' })
  const page = Math.max(1, Number(pageText) || 1)
  const { data, error, refetch } = useTables(connection, { search, schema, page })
  const look = (asked: { search?: string; schema?: string; page?: string }) => {
    const wanted = { search, schema, ...asked }
    const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value !== ''))
    return navigate({ search: given, replace: true })
  }
  return (
    <Section title="Tables and views">
      <div className={styles.filters}>
        <SearchInput
          label="Search tables"
          value={search}
          onChange={(written) => look({ search: written })}
        />
        <Select
          aria-label="Schema"
          value={schema}
          onChange={(event) => look({ schema: event.target.value })}
        >
          <option value="">All schemas</option>
          {data?.schemas.map(({ name, tables }) => (
            <option key={name} value={name}>
              {name} ({formatCount(tables)})
            </option>
          ))}
        </Select>
      </div>
      {error !== null ? (
        <ErrorState error={error} onRetry={refetch} />
      ) : data === undefined ? (
        <Skeleton lines={8} />
      ) : data.tables.length === 0 ? (
        <EmptyState
          title={search === '' && schema === '' ? 'No tables yet' : 'No table is called like this'}
        >
          {search === '' && schema === ''
            ? 'Tables that are made by SQL, or that the connection’s role is granted, show here.'
            : 'Look for another part of the name, or in all schemas.'}
        </EmptyState>
      ) : (
        <>
          <Table caption="Tables and views" stacked>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Kind</th>
                <th scope="col">Geometry</th>
                <th scope="col" data-numeric>
                  Rows
                </th>
                <th scope="col" data-numeric>
                  Size
                </th>
                <th scope="col">Privacy</th>
              </tr>
            </thead>
            <tbody>
              {data.tables.map((table) => (
                <TableRow key={table.id} connection={connection} table={table} />
              ))}
            </tbody>
          </Table>
          <Pager
            page={page}
            pageSize={tablesPerPage}
            total={data.total}
            label="tables"
            onChange={(next) => look({ page: String(next) })}
          />
        </>
      )}
    </Section>
  )
}

function TableRow({
  connection,
  table,
}: {
  readonly connection: string
  readonly table: TableSummary
}) {
  const { id, kind, geometry, row_estimate, bytes, privacy } = table
  return (
    <tr>
      <td data-label="Name">
        <Link
          to="/data/$connection/$resource"
          params={{ connection, resource: id }}
          className={styles.name}
        >
          {id}
        </Link>
      </td>
      <td data-label="Kind">{kind}</td>
      <td data-label="Geometry">
        {geometry === null ? <Nothing /> : geometryTitle(geometry.type)}
      </td>
      <td data-label="Rows" data-numeric>
        {row_estimate === null ? <Nothing /> : `about ${formatCount(row_estimate)}`}
      </td>
      <td data-label="Size" data-numeric>
        {bytes === 0 ? <Nothing /> : formatBytes(bytes)}
      </td>
      <td data-label="Privacy">
        {privacy === null ? <Nothing /> : <PrivacyTag privacy={privacy} />}
      </td>
    </tr>
  )
}

function Nothing() {
  return (
    <span className={styles.nothing}>
      <span aria-hidden="true">–</span>
      <span className="visually-hidden">none</span>
    </span>
  )
}
