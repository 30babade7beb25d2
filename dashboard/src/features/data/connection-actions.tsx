import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Button } from '../../ui/button.tsx'
import { ConfirmDialog } from '../../ui/confirm-dialog.tsx'
import { useToast } from '../../ui/toast.tsx'
import type { Connection } from './api/connections.ts'
import { useDeleteConnection } from './api/delete-connection.ts'
import { ConnectionDialog } from './connection-dialog.tsx'

/** What an owner can do with a registered server. */
export function ConnectionActions({ connection }: { readonly connection: Connection }) {
  const { name } = connection
  const [isEditing, setEditing] = useState(false)
  const remove = useDeleteConnection(name)
  const navigate = useNavigate()
  const toast = useToast()
  return (
    <>
      <Button onClick={() => setEditing(true)}>Change</Button>
      <ConfirmDialog
        title={`Remove ${name}?`}
        confirmLabel="Remove"
        trigger={<Button variant="danger">Remove</Button>}
        onConfirm={async () => {
          await remove.mutateAsync()
          toast({ text: `${name} is removed.` })
          await navigate({ to: '/data' })
        }}
      >
        <p>
          Postern forgets the server and its password, and drops the roles that it made there. The
          data stays where it is. Access tokens that are granted something on it keep it in use:
          change or delete those first.
        </p>
      </ConfirmDialog>
      {isEditing && (
        <ConnectionDialog
          connection={connection}
          onClose={(newName) => {
            setEditing(false)
            if (newName !== undefined && newName !== name) {
              void navigate({ to: '/data/$connection', params: { connection: newName } })
            }
          }}
        />
      )}
    </>
  )
}
