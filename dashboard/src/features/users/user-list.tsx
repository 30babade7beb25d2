import { ErrorState } from '../../ui/error-state.tsx'
import { Section } from '../../ui/section.tsx'
import { Skeleton } from '../../ui/skeleton.tsx'
import { Table } from '../../ui/table.tsx'
import { useUsers } from './api/use-users.ts'
import { UserRow } from './user-row.tsx'

/** The users of the account, and what can be done about each. */
export function UserList({
  ownId,
  mayChange,
}: {
  readonly ownId: string
  readonly mayChange: boolean
}) {
  const { data: users, error, refetch } = useUsers()
  if (error !== null) return <ErrorState error={error} onRetry={refetch} />
  const owners = users?.filter(({ level }) => level === 'owner').length ?? 0
  return (
    <Section title="Users of this account">
      {users === undefined ? (
        <Skeleton lines={3} height="2.5rem" />
      ) : (
        <Table caption="Users of this account" stacked>
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">E-mail</th>
              <th scope="col">Since</th>
              <th scope="col">Level</th>
              {mayChange && (
                <th scope="col">
                  <span className="visually-hidden">Remove</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {users.map((user) => (
              <UserRow
                key={user.id}
                user={user}
                isSelf={user.id === ownId}
                isLastOwner={user.level === 'owner' && owners === 1}
                mayChange={mayChange}
              />
            ))}
          </tbody>
        </Table>
      )}
    </Section>
  )
}
