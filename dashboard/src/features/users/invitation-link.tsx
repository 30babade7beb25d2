import { formatDateTime } from '../../format/times.ts'
import { CopyButton } from '../../ui/copy-button.tsx'
import { Notice } from '../../ui/notice.tsx'
import type { NewInvitation } from './api/create-invitation.ts'
import styles from './invitation-link.module.css'

/** The link of a new invitation, to be copied now. */
export function InvitationLink({ invitation }: { readonly invitation: NewInvitation }) {
  return (
    <div className={styles.invitation}>
      <p>
        Pass this link on to <strong>{invitation.email}</strong>. Whoever opens it chooses a name
        and a password and is{' '}
        {invitation.level === 'viewer' ? 'a viewer' : `an ${invitation.level}`} of this account. It
        holds until {formatDateTime(invitation.expires_at)}, for one user.
      </p>
      <div className={styles.link}>
        <code className={styles.url}>{invitation.url}</code>
        <CopyButton text={invitation.url} label="Copy link" />
      </div>
      <Notice tone="warning">The link is not shown again. Send it where only they read it.</Notice>
    </div>
  )
}
