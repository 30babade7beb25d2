import type { Caller } from '../credential/audit-actor.ts'
import { auditActorOf } from '../credential/audit-actor.ts'
import { signInEndsAtMs, signInsEndedBefore } from '../credential/sign-in-life.ts'
import { AccessError } from '../errors.ts'
import { recordAudit } from '../store/record-audit.ts'
import { deleteSignIn, type ListedSignIn, listSignIns } from '../store/sign-ins.ts'
import type { CommandContext } from './context.ts'

/** The sign-ins of a user that have not ended, the latest first, and when each ends if it is not used. */
export async function listOwnSessions(
  { store, now }: Pick<CommandContext, 'store' | 'now'>,
  userId: string,
): Promise<readonly (ListedSignIn & { readonly endsAtMs: number })[]> {
  const found = await listSignIns(store, userId, signInsEndedBefore(now()))
  return found.map((signIn) => ({ ...signIn, endsAtMs: signInEndsAtMs(signIn) }))
}

/** Ends a sign-in of the caller's own user, on every node. Throws session_not_found. */
export async function endOwnSession(
  context: CommandContext,
  caller: Caller,
  id: string,
): Promise<void> {
  const own = await listOwnSessions(context, caller.user?.id ?? '')
  if (!own.some((signIn) => signIn.id === id)) throw new AccessError('session_not_found')
  await endSession(context, caller, id)
}

/** Ends every sign-in of the caller's own user but the one that asks for it, on every node. */
export async function endOtherSessions(context: CommandContext, caller: Caller): Promise<void> {
  const own = await listOwnSessions(context, caller.user?.id ?? '')
  for (const { id } of own) if (id !== caller.credentialId) await endSession(context, caller, id)
}

async function endSession(context: CommandContext, caller: Caller, id: string): Promise<void> {
  await context.revoker.revoke(
    { kind: 'session', accountId: null, credentialId: id, roles: [] },
    async (transaction) => {
      if (!(await deleteSignIn(transaction, id))) return false
      await recordAudit(transaction, {
        actor: auditActorOf(caller),
        action: 'session.delete',
        target: { id, name: caller.credentialName },
      })
      return true
    },
  )
  context.observe({ event: 'signed_out' })
}
