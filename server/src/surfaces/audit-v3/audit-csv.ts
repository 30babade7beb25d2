import type { AuditEvent } from '../../store/audit-events.ts'

const columns: readonly (readonly [name: string, of: (event: AuditEvent) => string | null])[] = [
  ['at', ({ at }) => at.toISOString()],
  ['action', ({ action }) => action],
  ['actor_kind', ({ actorKind }) => actorKind],
  ['actor_name', ({ actorName }) => actorName],
  ['actor_id', ({ actorId }) => actorId],
  ['acting_for', ({ actingFor }) => actingFor],
  ['network', ({ clientNetwork }) => clientNetwork],
  ['target_name', ({ targetName }) => targetName],
  ['target_id', ({ targetId }) => targetId],
  ['details', ({ details }) => JSON.stringify(details)],
  ['id', ({ id }) => id],
]

/** The first line of a file of events. Lines end as RFC 4180 has it. */
export const auditCsvHeader = `${columns.map(([name]) => name).join(',')}\r\n`

export function auditCsvLine(event: AuditEvent): string {
  return `${columns.map(([, of]) => cell(of(event) ?? '')).join(',')}\r\n`
}

/**
 * Names are made by whoever may make things, and the file is opened by somebody else: what a
 * spreadsheet would take for a formula, blanks in front of it or not, is made a text.
 */
function cell(text: string): string {
  const safe =
    /^[\s\0]*[=+\-@|%\uff1d\uff0b\uff0d\uff20]/.test(text) || /^[\t\r\n]/.test(text)
      ? `'${text}`
      : text
  return `"${safe.replaceAll('"', '""')}"`
}
