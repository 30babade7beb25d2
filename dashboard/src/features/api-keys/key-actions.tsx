import { Link } from '@tanstack/react-router'
import { Ellipsis } from 'lucide-react'
import { useState } from 'react'
import { useSession } from '../../client/session.ts'
import { IconButton } from '../../ui/icon-button.tsx'
import { Menu, MenuItem } from '../../ui/menu.tsx'
import type { ApiKey } from './api/list-api-keys.ts'
import { DeleteKeyDialog } from './delete-key-dialog.tsx'
import { mayDelete, mayRegenerate } from './key-rights.ts'
import { RegenerateKeyDialog } from './regenerate-key-dialog.tsx'

/** What can be done with a key in a list. */
export function KeyActions({ apiKey }: { readonly apiKey: Pick<ApiKey, 'name' | 'type'> }) {
  const { name, type } = apiKey
  const session = useSession()
  const [asking, setAsking] = useState<'regenerate' | 'delete'>()
  const close = () => setAsking(undefined)
  return (
    <>
      <Menu
        trigger={
          <IconButton label={`Actions for ${name}`}>
            <Ellipsis aria-hidden="true" />
          </IconButton>
        }
      >
        <MenuItem asChild>
          <Link to="/api-keys/$name" params={{ name }}>
            Open
          </Link>
        </MenuItem>
        {mayRegenerate(session, type) && (
          <MenuItem onSelect={() => setAsking('regenerate')}>Regenerate</MenuItem>
        )}
        {mayDelete(session, type) && (
          <MenuItem danger onSelect={() => setAsking('delete')}>
            Delete
          </MenuItem>
        )}
      </Menu>
      {asking === 'regenerate' && <RegenerateKeyDialog name={name} onClose={close} />}
      {asking === 'delete' && <DeleteKeyDialog name={name} onClose={close} />}
    </>
  )
}
