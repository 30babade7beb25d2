import { formatDateTime } from '../../format/times.ts'
import { Button } from '../../ui/button.tsx'
import { Table } from '../../ui/table.tsx'
import type { AuditEvent } from './api/audit-events.ts'
import styles from './audit-table.module.css'
import { actorTitle, auditSentence, sentenceParts } from './audit-words.ts'

/** Events, the latest first. */
export function AuditTable({
  events,
  onShow,
}: {
  readonly events: readonly AuditEvent[]
  readonly onShow: (event: AuditEvent) => void
}) {
  return (
    <Table caption="Events" stacked>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">Who</th>
          <th scope="col">What</th>
          <th scope="col">From</th>
          <th scope="col">
            <span className="visually-hidden">Details</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {events.map((event) => (
          <tr key={event.id}>
            <td data-label="When" className={styles.when}>
              <time dateTime={event.at}>{formatDateTime(event.at)}</time>
            </td>
            <td data-label="Who" className={styles.who}>
              {actorTitle(event.actor)}
            </td>
            <td data-label="What">
              <AuditSentence event={event} />
            </td>
            <td data-label="From">{event.actor.network ?? '–'}</td>
            <td data-label="">
              <Button
                size="small"
                variant="quiet"
                aria-label={`Details: ${auditSentence(event)}`}
                onClick={() => onShow(event)}
              >
                Details
              </Button>
            </td>
          </tr>
        ))}
      </tbody>
    </Table>
  )
}

function AuditSentence({ event }: { readonly event: AuditEvent }) {
  const { words, target } = sentenceParts(event)
  return (
    <span>
      {words} {target !== '' && <strong className={styles.name}>{target}</strong>}
    </span>
  )
}
