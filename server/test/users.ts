import { createHash, randomBytes, randomUUID } from 'node:crypto'
import type { CommandContext } from '../src/commands/context.ts'
import { createUser } from '../src/commands/create-user.ts'
import type { ActingManager } from '../src/commands/operator.ts'
import { auditOperator } from '../src/credential/audit-actor.ts'
import type { UserLevel } from '../src/credential/manager.ts'
import { createRevoker } from '../src/revocation/revoke.ts'
import type { AccountUser } from '../src/store/account-users.ts'
import type { Account } from '../src/store/accounts.ts'
import type { Database } from '../src/store/database.ts'
import type { KeyRing } from '../src/token/key-ring.ts'
import type { Passwords } from '../src/token/passwords.ts'

const cheapHash = (password: string) => createHash('sha256').update(password).digest('base64')

/** What argon2id does, without its cost. */
const cheapPasswords: Passwords = {
  hash: async (password) => cheapHash(password),
  verify: async (passwordHash, password) => passwordHash === cheapHash(password),
}

/** Commands that concern the control database alone, at a time that a test sets. */
export function controlContext(
  store: Database,
  ring: KeyRing,
  now: () => Date = () => new Date(),
): CommandContext {
  return {
    store,
    keyRing: () => ring,
    revoker: createRevoker({ store }),
    now,
    randomBytes,
    passwords: cheapPasswords,
    observe: () => {},
    // What would touch roles or databases fails at once.
    admin: undefined as never,
    servers: undefined as never,
    limits: undefined as never,
  }
}

/** Whoever may do everything in an account, in nobody's name. */
export const administratorOf = ({ id }: Account): ActingManager => ({
  accountId: id,
  userId: randomUUID(),
  actor: auditOperator(id),
  mustStillHold: async () => {},
})

/** A user with a password of 24 characters. */
export async function createTestUser(
  context: CommandContext,
  account: Account,
  level: UserLevel = 'editor',
  details: { readonly name?: string; readonly email?: string } = {},
): Promise<{ readonly user: AccountUser; readonly password: string }> {
  const { user, newPassword = '' } = await createUser(context, administratorOf(account), {
    name: `user-${randomUUID()}`,
    level,
    ...details,
  })
  return { user, password: newPassword }
}
