import type { Resource } from '../../commands/browse-connection.ts'
import { columnTypeOf } from '../../sources/column.ts'

/** A resource in the words of the v3 API. */
export function presentResource(
  resource: Resource,
  paging: { readonly page: number; readonly pageSize: number },
): unknown {
  if (resource.kind === 'container') {
    const { children, total } = resource
    return { children, total, ...paging }
  }
  const { id, name, type, columns, rowEstimate, bytes } = resource
  const fields = columns.map((column) => ({
    name: column.name,
    type: columnTypeOf(column.typeName, column.isArray),
  }))
  const geometries = fields.filter((field) => field.type === 'geometry')
  // By their usual names first, as maps choose one.
  const geometry =
    geometries.find((field) => field.name === 'geom') ??
    geometries.find((field) => field.name === 'the_geom') ??
    geometries[0]
  return {
    id,
    name,
    type,
    schema: fields,
    originalSchema: columns.map((column) => ({ name: column.name, type: column.declared })),
    geomField: geometry?.name ?? null,
    nrows: rowEstimate === null ? null : Math.round(rowEstimate),
    size: bytes,
  }
}
