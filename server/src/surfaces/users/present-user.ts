import type { AccountUser } from '../../store/account-users.ts'

/** A user as the API shows them. */
export function presentUser(user: AccountUser) {
  return {
    id: user.id,
    name: user.name,
    email: user.email,
    level: user.level,
    created_at: user.createdAt.toISOString(),
    updated_at: user.updatedAt.toISOString(),
  }
}
