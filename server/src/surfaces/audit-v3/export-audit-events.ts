import { Readable } from 'node:stream'
import type { StopSignal } from '../../stop-signal.ts'
import { type AuditEvent, type AuditFilter, listAuditEvents } from '../../store/audit-events.ts'
import type { Queryable } from '../../store/database.ts'
import { auditCsvHeader, auditCsvLine } from './audit-csv.ts'
import { presentAuditEvent } from './present-audit-event.ts'

/** So many events are held in memory. */
const eventsPerRead = 1_000

const forms = {
  csv: { head: auditCsvHeader, between: '', of: auditCsvLine, tail: '' },
  json: {
    head: '[',
    between: ',\n',
    of: (event: AuditEvent) => JSON.stringify(presentAuditEvent(event)),
    tail: ']\n',
  },
}

export type ExportFormat = keyof typeof forms

/** Events as a file, read piece by piece as they are sent. It breaks off when `signal` does. */
export function exportAuditEvents(
  store: Queryable,
  accountId: string,
  filter: AuditFilter,
  { format, signal }: { readonly format: ExportFormat; readonly signal: StopSignal },
): Readable {
  return Readable.from(write(), { objectMode: false })

  async function* write(): AsyncGenerator<string> {
    const { head, between, of, tail } = forms[format]
    yield head
    let last: AuditEvent | undefined
    do {
      signal.throwIfAborted()
      const isFirst = last === undefined
      const events = await listAuditEvents(store, accountId, filter, {
        after: last,
        limit: eventsPerRead,
      })
      if (events.length > 0) yield (isFirst ? '' : between) + events.map(of).join(between)
      last = events.length < eventsPerRead ? undefined : events.at(-1)
    } while (last !== undefined)
    yield tail
  }
}
