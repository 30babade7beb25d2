import { auditActorOf, type Caller } from '../credential/audit-actor.ts'
import { confirmedForMs } from '../credential/sign-in-life.ts'
import { AccessError } from '../errors.ts'
import { inTransaction } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import { updateSignInConfirmed } from '../store/sign-ins.ts'
import type { CommandContext } from './context.ts'
import { proveUser } from './prove-user.ts'
import type { Blocked } from './sign-in-attempts.ts'

/**
 * Somebody who is signed in proves once more who they are, by their password and a code where they
 * have a second factor: what a session alone may not do, it may until the time that is returned.
 * Attempts count like those to sign in; the other answer is until when nobody may try.
 * Throws confirmation_failed, sign_in_busy, second_factor_needed, second_factor_wrong,
 * credential_revoked.
 */
export async function confirmSession(
  context: CommandContext,
  caller: Caller,
  proof: {
    readonly password: string
    readonly code?: string | undefined
    readonly network: string
  },
): Promise<{ readonly confirmedUntilMs: number } | Blocked> {
  const { accountName, credentialId, user } = caller
  if (user === undefined) throw new AccessError('confirmation_failed')
  const proven = await proveUser(context, {
    account: accountName,
    user: user.name,
    ...proof,
  }).catch((error: unknown) => {
    const isWrong = error instanceof AccessError && error.code === 'sign_in_failed'
    throw isWrong ? new AccessError('confirmation_failed', { cause: error }) : error
  })
  if ('blockedUntil' in proven) return proven
  // By this name there may be somebody else by now.
  if (proven.id !== user.id) throw new AccessError('confirmation_failed')
  const confirmedAt = context.now()
  await inTransaction(context.store, async (transaction) => {
    const isConfirmed = await updateSignInConfirmed(transaction, credentialId, {
      passwordHash: proven.passwordHash,
      confirmedAt,
    })
    if (!isConfirmed) throw new AccessError('credential_revoked')
    await recordAudit(transaction, {
      actor: auditActorOf(caller),
      action: 'session.confirm',
      target: { id: credentialId, name: user.name },
    })
  })
  return { confirmedUntilMs: confirmedAt.getTime() + confirmedForMs }
}
