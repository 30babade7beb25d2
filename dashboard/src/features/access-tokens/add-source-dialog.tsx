import { type ReactElement, useState } from 'react'
import { Dialog } from '../../ui/dialog.tsx'
import { AddSourceForm } from './add-source-form.tsx'
import { hasDestinations, type TokenApi } from './token-apis.ts'
import type { DraftGrant } from './token-draft.ts'

/** Where sources are chosen or written; it closes once they can be granted. */
export function AddSourceDialog({
  apis,
  onAdd,
  trigger,
}: {
  readonly apis: readonly TokenApi[]
  readonly onAdd: (grants: readonly DraftGrant[]) => void
  readonly trigger: ReactElement
}) {
  const [isOpen, setOpen] = useState(false)
  return (
    <Dialog
      wide
      title={hasDestinations(apis) ? 'Add a destination' : 'Add a source'}
      open={isOpen}
      onOpenChange={setOpen}
      trigger={trigger}
    >
      <AddSourceForm
        apis={apis}
        onCancel={() => setOpen(false)}
        onAdd={(grants) => {
          setOpen(false)
          onAdd(grants)
        }}
      />
    </Dialog>
  )
}
