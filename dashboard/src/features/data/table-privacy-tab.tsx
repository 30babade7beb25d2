import { useState } from 'react'
import { useSession } from '../../client/session.ts'
import { Button } from '../../ui/button.tsx'
import { Choice } from '../../ui/choice.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { Fieldset } from '../../ui/fieldset.tsx'
import form from '../../ui/form-layout.module.css'
import { Notice } from '../../ui/notice.tsx'
import { type Privacy, useSetTablePrivacy } from './api/set-table-privacy.ts'
import type { TableName } from './api/table.ts'

const choices = [
  {
    privacy: 'PRIVATE',
    label: 'Private',
    hint: 'Only credentials that were granted it reach it.',
  },
  {
    privacy: 'LINK',
    label: 'With link',
    hint: 'Whoever knows its name can read it without a credential. Lists for the public leave it out.',
  },
  {
    privacy: 'PUBLIC',
    label: 'Public',
    hint: 'Anybody can read it without a credential, and every API key of the account can.',
  },
] as const

/** Who may read a table without any credential. */
export function TablePrivacyTab({
  name,
  privacy,
}: {
  readonly name: TableName
  readonly privacy: Privacy
}) {
  const { scopes } = useSession()
  const [chosen, setChosen] = useState<Privacy>(privacy)
  const set = useSetTablePrivacy(name)
  const mayChange = scopes.includes('write:data')
  const isChanged = chosen !== privacy
  return (
    <div className={form.form}>
      <Fieldset legend="Who may read this table without a credential">
        {choices.map(({ privacy: value, label, hint }) => (
          <Choice
            key={value}
            type="radio"
            name="privacy"
            label={label}
            hint={hint}
            checked={chosen === value}
            disabled={!mayChange}
            onChange={() => setChosen(value)}
          />
        ))}
      </Fieldset>
      {mayChange ? (
        <div className={form.row}>
          <ConfirmDialog
            title={chosen === 'PRIVATE' ? `Close ${name.table}?` : `Open ${name.table}?`}
            confirmLabel={chosen === 'PRIVATE' ? 'Close it' : 'Open it'}
            danger={chosen !== 'LINK' || privacy === 'PRIVATE'}
            trigger={
              <Button variant="primary" disabled={!isChanged}>
                Save
              </Button>
            }
            onConfirm={() => set.mutateAsync(chosen)}
          >
            {chosen === 'PRIVATE' ? (
              <p>
                Maps and pages that read it without a credential stop working. Every answer to a
                public or regular API key that is under way is cut off, and can be asked for again.
              </p>
            ) : (
              <p>
                Anybody who can reach this server can read all rows of it. What was copied meanwhile
                cannot be taken back.
              </p>
            )}
          </ConfirmDialog>
        </div>
      ) : (
        <p>Owners and editors can change this.</p>
      )}
      {set.isSuccess && !isChanged && (
        <Notice tone="success" title={privacy === 'PRIVATE' ? 'It is closed' : 'It is open'}>
          {set.data.receipt !== null && (
            <p>Nobody reads it any more by what the public may. Receipt: {set.data.receipt}</p>
          )}
        </Notice>
      )}
    </div>
  )
}
