import { basePath } from '../../client/base-path.ts'
import { DataMap } from '../../ui/data-map.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import type { TableName } from './api/table.ts'
import { useTableBounds } from './api/table-bounds.ts'
import { PreviewError } from './preview-error.tsx'

type Bounds = readonly [number, number, number, number]

/** Where the rows of a table lie. */
export function TableMapTab({ name }: { readonly name: TableName }) {
  const { data, error, refetch } = useTableBounds(name)
  if (error !== null) return <PreviewError error={error} name={name} onRetry={refetch} />
  if (data === undefined) return <Skeleton lines={1} height="24rem" />
  if (data.bounds === null) {
    return (
      <EmptyState title="Nothing to draw">
        There are no rows, or none of them has a geometry.
      </EmptyState>
    )
  }
  const [connection, table] = [name.connection, name.table].map(encodeURIComponent)
  return (
    <DataMap
      label={`Map of ${name.table}`}
      tiles={`${basePath}/v3/connections/${connection}/tables/${table}/tiles/{z}/{x}/{y}`}
      bounds={data.bounds as unknown as Bounds}
    />
  )
}
