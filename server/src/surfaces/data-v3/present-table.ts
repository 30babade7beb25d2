import type { ConnectionHealth } from '../../commands/get-connection-health.ts'
import type { TableAccess } from '../../commands/list-table-access.ts'
import type { TableDescription, TableInList } from '../../commands/table-place.ts'
import { columnTypeOf } from '../../sources/column.ts'

/** A table in a list. */
export function presentTable(table: TableInList) {
  const { schema, name, kind, rowEstimate, bytes, geometry, privacy, comment } = table
  return {
    id: [schema, name].map(quoteWhereNeeded).join('.'),
    schema,
    name,
    kind,
    row_estimate: rowEstimate === null ? null : Math.round(rowEstimate),
    bytes,
    geometry,
    privacy,
    comment,
  }
}

export function presentDescription(table: TableDescription) {
  return {
    ...presentTable(table),
    columns: table.columns.map((column) => ({
      name: column.name,
      type: columnTypeOf(column.typeName, column.isArray),
      declared: column.declared,
      nullable: column.isNullable,
      primary_key: column.isInPrimaryKey,
      comment: column.comment,
    })),
  }
}

export function presentAccess({ credential, expiresAt, ...access }: TableAccess) {
  const { by, source, verbs, apis, referers } = access
  return {
    kind: credential.kind,
    name: 'name' in credential ? credential.name : null,
    id: 'id' in credential ? credential.id : null,
    by,
    source,
    verbs,
    apis,
    referers,
    expires_at: expiresAt?.toISOString() ?? null,
  }
}

export function presentHealth(health: ConnectionHealth) {
  return {
    status: health.status,
    reason: health.reason,
    server_version: health.serverVersion,
    postgis_version: health.postgisVersion,
    duration_ms: health.durationMs,
    checked_at: health.checkedAt.toISOString(),
    findings: health.findings,
  }
}

/** So that the name can be taken apart again. */
function quoteWhereNeeded(part: string): string {
  return /["./]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part
}
