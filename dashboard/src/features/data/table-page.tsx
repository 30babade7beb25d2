import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useSession } from '../../client/session.ts'
import { formatBytes, formatCount } from '../../format/numbers.ts'
import { Button } from '../../ui/button.tsx'
import { ErrorState } from '../../ui/error-state.tsx'
import { Facts } from '../../ui/facts.tsx'
import { Page } from '../../ui/page.tsx'
import { Section } from '../../ui/section.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Tabs } from '../../ui/tabs.tsx'
import { type TableDescription, type TableName, useTable } from './api/table.ts'
import { geometryTitle } from './geometry-title.ts'
import { PrivacyTag } from './privacy-tag.tsx'
import { TableAccessTab } from './table-access-tab.tsx'
import { TableColumnsTab } from './table-columns-tab.tsx'
import { TableMapTab } from './table-map-tab.tsx'
import { TablePrivacyTab } from './table-privacy-tab.tsx'
import { TableRowsTab } from './table-rows-tab.tsx'

/** One table or view: what it holds, what it looks like, and who reaches it. */
export function TablePage() {
  const { connection, resource } = useParams({ from: '/signed-in/data/$connection/$resource' })
  const name = { connection, table: resource }
  const { data, error, refetch } = useTable(name)
  return (
    <Page
      title={resource}
      back={
        <Link to="/data/$connection" params={{ connection }}>
          {connection}
        </Link>
      }
      lead={data?.comment}
      actions={error === null && <MakeCredential name={name} />}
    >
      {error !== null ? (
        <ErrorState error={error} onRetry={refetch} />
      ) : data === undefined ? (
        <Skeleton lines={8} />
      ) : (
        <>
          <Section>
            <TableFacts table={data} />
          </Section>
          <Section>
            <TableTabs name={name} table={data} />
          </Section>
        </>
      )}
    </Page>
  )
}

/** API keys know the account's own database only. */
function MakeCredential({ name: { connection, table } }: { readonly name: TableName }) {
  const { scopes } = useSession()
  const mayMake = scopes.includes('write:tokens')
  return (
    <>
      {mayMake && connection === 'default' && (
        <Button asChild>
          <Link to="/api-keys/new" search={{ apis: 'sql,maps', tables: `${table}:select` }}>
            Make an API key
          </Link>
        </Button>
      )}
      {mayMake && (
        <Button asChild>
          <Link
            to="/developers/credentials/tokens/new"
            search={{ apis: 'sql,maps', connection, tables: table }}
          >
            Make an access token
          </Link>
        </Button>
      )}
      <Button asChild>
        <Link to="/try" search={{ table }}>
          Try it
        </Link>
      </Button>
    </>
  )
}

function TableFacts({ table }: { readonly table: TableDescription }) {
  const { kind, row_estimate, bytes, geometry, privacy } = table
  return (
    <Facts
      facts={[
        { name: 'Kind', value: kind },
        {
          name: 'Rows',
          value: row_estimate === null ? 'not counted yet' : `about ${formatCount(row_estimate)}`,
        },
        { name: 'Size', value: bytes === 0 ? 'none of its own' : formatBytes(bytes) },
        {
          name: 'Geometry',
          value:
            geometry === null
              ? 'none'
              : `${geometryTitle(geometry.type)} in ${geometry.column}${geometry.srid === 0 ? '' : `, EPSG:${geometry.srid}`}`,
        },
        ...(privacy === null ? [] : [{ name: 'Privacy', value: <PrivacyTag privacy={privacy} /> }]),
      ]}
    />
  )
}

function TableTabs({
  name,
  table,
}: {
  readonly name: TableName
  readonly table: TableDescription
}) {
  const { view = 'columns' } = useSearch({ from: '/signed-in/data/$connection/$resource' })
  const navigate = useNavigate({ from: '/data/$connection/$resource' })
  const tabs = [
    { id: 'columns', title: 'Columns', content: <TableColumnsTab table={table} /> },
    { id: 'rows', title: 'Rows', content: <TableRowsTab name={name} /> },
    ...(table.geometry === null
      ? []
      : [{ id: 'map', title: 'Map', content: <TableMapTab name={name} /> }]),
    { id: 'access', title: 'Access', content: <TableAccessTab name={name} /> },
    ...(table.privacy === null
      ? []
      : [
          {
            id: 'privacy',
            title: 'Privacy',
            content: <TablePrivacyTab name={name} privacy={table.privacy} />,
          },
        ]),
  ]
  return (
    <Tabs
      label="Views of the table"
      tabs={tabs}
      value={tabs.some(({ id }) => id === view) ? view : 'columns'}
      onChange={(id) => navigate({ search: { view: id }, replace: true })}
    />
  )
}
