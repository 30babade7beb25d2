import { AccessError } from '../../errors.ts'
import { countAuditEvents, listAuditEvents } from '../../store/audit-events.ts'
import { getAdmission } from '../admit.ts'
import { getManager } from '../manage.ts'
import type { Surface } from '../surface.ts'
import { findText, readParameters } from '../v3/read-parameters.ts'
import { maxExportedEvents } from './bounds.ts'
import { type ExportFormat, exportAuditEvents } from './export-audit-events.ts'
import { presentAuditEvent } from './present-audit-event.ts'
import {
  filterParameters,
  formatCursor,
  readAuditFilter,
  readAuditPage,
} from './read-audit-filter.ts'
import * as schema from './schema.ts'

const mimeTypes: Readonly<Record<ExportFormat, string>> = {
  csv: 'text/csv; charset=utf-8; header=present',
  json: 'application/json; charset=utf-8',
}

const headers = { 'cache-control': 'no-store', vary: 'Authorization, Cookie' }

/** Who has changed what, for the owners of an account. */
export const auditV3: Surface = (server, { commands }) => {
  const { store } = commands

  server.get('/v3/audit-events', { schema: schema.list }, async (request, reply) => {
    const { accountId } = getManager(request, 'read:audit')
    const parameters = readParameters(request, [...filterParameters, 'limit', 'cursor'])
    const filter = readAuditFilter(parameters)
    const { limit, after } = readAuditPage(parameters)
    // One more tells whether there is another page.
    const found = await listAuditEvents(store, accountId, filter, { after, limit: limit + 1 })
    const events = found.slice(0, limit)
    const last = found.length > limit ? events.at(-1) : undefined
    return reply
      .headers(headers)
      .type('application/json; charset=utf-8')
      .send(
        JSON.stringify({
          events: events.map(presentAuditEvent),
          next_cursor: last === undefined ? null : formatCursor(last),
        }),
      )
  })

  server.get('/v3/audit-events/export', { schema: schema.exportAll }, async (request, reply) => {
    const { accountId } = getManager(request, 'read:audit')
    const parameters = readParameters(request, [...filterParameters, 'format'])
    const filter = readAuditFilter(parameters)
    const format = readFormat(findText(parameters, 'format'))
    mustFit(await countAuditEvents(store, accountId, filter, maxExportedEvents + 1))
    const day = commands.now().toISOString().slice(0, 10)
    const { signal } = getAdmission(request).inFlight
    return reply
      .headers(headers)
      .type(mimeTypes[format])
      .header('content-disposition', `attachment; filename="audit-log-${day}.${format}"`)
      .send(exportAuditEvents(store, accountId, filter, { format, signal }))
  })
}

function readFormat(text: string | undefined): ExportFormat {
  if (text === undefined || text === 'csv') return 'csv'
  if (text === 'json') return 'json'
  throw new AccessError('invalid_parameter', {
    message: 'The parameter "format" must be csv or json.',
  })
}

function mustFit(count: number): void {
  if (count <= maxExportedEvents) return
  throw new AccessError('invalid_parameter', {
    message: `These are more than ${maxExportedEvents} events: narrow them with "from" and "to".`,
  })
}
