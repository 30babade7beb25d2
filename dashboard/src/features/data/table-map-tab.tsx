import { basePath } from '../../client/base-path.ts'
import { DataMap } from '../../ui/data-map.tsx'
import { EmptyState } from '../../ui/empty-state.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import type { TableName } from './api/table.ts'
import { useTableBounds } from './api/table-bounds.ts'
import { type Bounds, isInDegrees } from './is-in-degrees.ts'
import { PreviewError } from './preview-error.tsx'

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
  const bounds = data.bounds as unknown as Bounds
  if (!isInDegrees(bounds)) {
    return (
      <EmptyState title="These places are not on the map">
        The coordinates are no degrees. Give the geometry column the reference system that they are
        in, with UpdateGeometrySRID or ALTER TABLE.
      </EmptyState>
    )
  }
  const [connection, table] = [name.connection, name.table].map(encodeURIComponent)
  return (
    <DataMap
      label={`Map of ${name.table}`}
      tiles={`${basePath}/v3/connections/${connection}/tables/${table}/tiles/{z}/{x}/{y}`}
      bounds={bounds}
    />
  )
}
