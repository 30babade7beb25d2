import { CircleAlert, CircleCheck, TriangleAlert } from 'lucide-react'
import { formatCount } from '../../format/numbers.ts'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Tag } from '../../ui/tag.tsx'
import { useConnectionHealth } from './api/connection-health.ts'
import styles from './data.module.css'

const looks = {
  ready: { tone: 'success', text: 'Ready', Icon: CircleCheck },
  degraded: { tone: 'warning', text: 'Needs attention', Icon: TriangleAlert },
  unreachable: { tone: 'danger', text: 'Cannot be reached', Icon: CircleAlert },
} as const

/** How the server of a connection does, in a line. */
export function ConnectionHealth({ connection }: { readonly connection: string }) {
  const { data, error } = useConnectionHealth(connection)
  if (error !== null) return <Tag tone="danger">{error.message}</Tag>
  if (data === undefined) return <Skeleton lines={1} />
  const { tone, text, Icon } = looks[data.status]
  const versions = [
    data.server_version !== null && `PostgreSQL ${data.server_version}`,
    data.postgis_version !== null && `PostGIS ${data.postgis_version}`,
    `answered in ${formatCount(data.duration_ms)} ms`,
  ].filter(Boolean)
  return (
    <div className={styles.health}>
      <Tag tone={tone}>
        <Icon aria-hidden="true" />
        {text}
      </Tag>
      <span className={styles.quiet}>
        {data.status === 'unreachable' ? data.reason : versions.join(', ')}
      </span>
    </div>
  )
}
