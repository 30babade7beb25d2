import { Download } from 'lucide-react'
import { Button } from '../../ui/button.tsx'
import { Menu, MenuItem } from '../../ui/menu.tsx'
import { useToast } from '../../ui/toast.tsx'
import { type ExportFormat, useExportAuditEvents } from './api/export-audit-events.ts'
import type { AuditFilter } from './audit-query.ts'

/** Saves what the filter leaves of the audit log. */
export function AuditExport({ filter }: { readonly filter: AuditFilter }) {
  const { mutate, isPending } = useExportAuditEvents(filter)
  const toast = useToast()
  const save = (format: ExportFormat) =>
    mutate(format, {
      onError: (error) => toast({ tone: 'danger', text: error.message }),
    })
  return (
    <Menu
      trigger={
        <Button busy={isPending}>
          <Download aria-hidden="true" />
          Export
        </Button>
      }
    >
      <MenuItem onSelect={() => save('csv')}>CSV, for spreadsheets</MenuItem>
      <MenuItem onSelect={() => save('json')}>JSON, for programs</MenuItem>
    </Menu>
  )
}
