import { useSession } from '../../client/session.ts'
import { Notice } from '../../ui/notice.tsx'
import { Page } from '../../ui/page.tsx'
import { AccountTabs } from '../account/account-tabs.tsx'
import { Invitations } from './invitations.tsx'
import { InviteDialog } from './invite-dialog.tsx'
import { LevelsSection } from './levels-section.tsx'
import { UserList } from './user-list.tsx'

/** Who signs in to the account, and what each of them may do. */
export function UsersPage() {
  const { scopes, user } = useSession()
  const maySee = scopes.includes('read:users')
  const mayChange = scopes.includes('write:users')
  return (
    <Page
      title="Users"
      lead="People who sign in to this account. API keys belong to the account, access tokens to the user who made them."
      actions={mayChange && <InviteDialog />}
    >
      <AccountTabs />
      {maySee ? (
        <>
          <UserList ownId={user.id} mayChange={mayChange} />
          <Invitations mayChange={mayChange} />
        </>
      ) : (
        <Notice>
          You are {user.level === 'editor' ? 'an editor' : 'a viewer'}. Owners of the account see
          and invite its users.
        </Notice>
      )}
      <LevelsSection ownLevel={user.level} />
    </Page>
  )
}
