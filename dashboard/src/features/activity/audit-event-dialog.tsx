import { formatDateTime } from '../../format/times.ts'
import { CodeBlock } from '../../ui/code-block.tsx'
import { Dialog } from '../../ui/dialog.tsx'
import { Facts } from '../../ui/facts.tsx'
import type { AuditEvent } from './api/audit-events.ts'
import { actorTitle, auditSentence } from './audit-words.ts'

/** All that is known of one event. */
export function AuditEventDialog({
  event,
  onClose,
}: {
  readonly event: AuditEvent
  readonly onClose: () => void
}) {
  const { actor, target, details } = event
  const hasDetails = Object.keys(details).length > 0
  return (
    <Dialog
      title={`${actorTitle(actor)} ${auditSentence(event)}`}
      open
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      wide
    >
      <Facts
        facts={[
          { name: 'When', value: formatDateTime(event.at) },
          { name: 'Action', value: <code>{event.action}</code> },
          ...(actor.id === null ? [] : [{ name: 'Who, by id', value: <code>{actor.id}</code> }]),
          { name: 'Network', value: actor.network ?? 'Not over the network' },
          ...(target.id === null ? [] : [{ name: 'What, by id', value: <code>{target.id}</code> }]),
        ]}
      />
      {hasDetails && <CodeBlock label="Details" code={JSON.stringify(details, null, 2)} />}
    </Dialog>
  )
}
