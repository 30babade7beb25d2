import { useMutation } from '@tanstack/react-query'
import { api } from '../../../client/api.ts'
import { type AuditFilter, auditQuery } from '../audit-query.ts'

export type ExportFormat = 'csv' | 'json'

/** Fetches what the filter leaves of the audit log, as a file, and hands it to the browser to save. */
export function useExportAuditEvents(filter: AuditFilter) {
  return useMutation({
    mutationFn: async (format: ExportFormat) => {
      const { data, response } = await api.GET('/v3/audit-events/export', {
        params: { query: { ...auditQuery(filter), format } },
        parseAs: 'blob',
      })
      const said = response.headers.get('content-disposition') ?? ''
      const name = /filename="([^"]+)"/.exec(said)?.[1] ?? `audit-log.${format}`
      save(data as Blob, name)
    },
  })
}

function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file)
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
