import { useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { Tag } from '../../ui/tag.tsx'
import { Time } from '../../ui/time.tsx'
import type { User } from './api/use-users.ts'
import { ChangeLevelDialog } from './change-level-dialog.tsx'
import { LevelSelect } from './level-select.tsx'
import { RemoveUserDialog } from './remove-user-dialog.tsx'
import styles from './user-row.module.css'

/** One user. The last owner stays what they are: an account keeps one. */
export function UserRow({
  user,
  isSelf,
  isLastOwner,
  mayChange,
}: {
  readonly user: User
  readonly isSelf: boolean
  readonly isLastOwner: boolean
  readonly mayChange: boolean
}) {
  const [wanted, setWanted] = useState<User['level']>()
  return (
    <tr>
      <td data-label="Name">
        <span className={styles.name}>
          {user.name} {isSelf && <Tag>you</Tag>}
        </span>
      </td>
      <td data-label="E-mail" className={styles.text}>
        {user.email ?? <span className={styles.none}>none</span>}
      </td>
      <td data-label="Since">
        <Time at={user.created_at} />
      </td>
      <td data-label="Level">
        {mayChange && !isLastOwner ? (
          <LevelSelect
            label={`Level of ${user.name}`}
            value={wanted ?? user.level}
            onChange={setWanted}
          />
        ) : (
          <span>
            {user.level}
            {isLastOwner && <span className={styles.none}> (the only one)</span>}
          </span>
        )}
      </td>
      {mayChange && (
        <td data-label="">
          <RemoveUserDialog
            user={user}
            isSelf={isSelf}
            trigger={
              <Button size="small" disabled={isLastOwner} aria-label={`Remove ${user.name}`}>
                Remove
              </Button>
            }
          />
        </td>
      )}
      {wanted !== undefined && wanted !== user.level && (
        <ChangeLevelDialog
          user={user}
          isSelf={isSelf}
          level={wanted}
          onClose={() => setWanted(undefined)}
        />
      )}
    </tr>
  )
}
