import { Tag } from '../../ui/tag.tsx'
import type { Privacy } from './api/set-table-privacy.ts'

const looks = {
  PUBLIC: { tone: 'warning', text: 'Public' },
  LINK: { tone: 'info', text: 'With link' },
  PRIVATE: { tone: 'neutral', text: 'Private' },
} as const

/** Who may read a table without any credential. */
export function PrivacyTag({ privacy }: { readonly privacy: Privacy }) {
  const { tone, text } = looks[privacy]
  return <Tag tone={tone}>{text}</Tag>
}
