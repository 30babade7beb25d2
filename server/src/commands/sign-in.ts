import { auditActorOf, type Caller } from '../credential/audit-actor.ts'
import { signInsEndedBefore } from '../credential/sign-in-life.ts'
import { AccessError } from '../errors.ts'
import { inTransaction } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import { deleteExpiredSignIns, deleteSignIn } from '../store/sign-ins.ts'
import type { CommandContext } from './context.ts'
import { openSignIn, type SignInPlace } from './open-sign-in.ts'
import { proveUser } from './prove-user.ts'
import type { Blocked } from './sign-in-attempts.ts'

/**
 * Signs a user in, by name or e-mail address. Returns the token that stands for the sign-in, which
 * is kept nowhere; or until when this user, or this network, may not try again. Whether there is
 * such an account or user cannot be told from the answer, nor from how long it takes.
 * Throws sign_in_failed, sign_in_busy, second_factor_needed, second_factor_wrong.
 */
export async function signIn(
  context: CommandContext,
  attempt: Parameters<typeof proveUser>[1] & SignInPlace,
): Promise<{ readonly token: string } | Blocked> {
  const { store, observe } = context
  const proven = await proveUser(context, attempt)
  if ('blockedUntil' in proven) return proven
  const token = await inTransaction(store, (transaction) =>
    openSignIn(context, transaction, proven, 'password', attempt),
  )
  if (token === undefined) throw new AccessError('sign_in_failed')
  await deleteExpiredSignIns(store, signInsEndedBefore(context.now()))
  observe({ event: 'signed_in', userId: proven.id })
  return { token }
}

/** Ends the sign-in of a caller: when it resolves, no node takes its cookie for anybody's. */
export async function signOut(context: CommandContext, caller: Caller): Promise<void> {
  const { credentialId: id, credentialName: name } = caller
  await context.revoker.revoke(
    { kind: 'session', accountId: null, credentialId: id, roles: [] },
    async (transaction) => {
      if (!(await deleteSignIn(transaction, id))) return false
      await recordAudit(transaction, {
        actor: auditActorOf(caller),
        action: 'session.delete',
        target: { id, name },
      })
      return true
    },
  )
  context.observe({ event: 'signed_out' })
}
