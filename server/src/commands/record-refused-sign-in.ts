import { findActiveAccount } from '../store/accounts.ts'
import { recordAudit } from '../store/record-audit.ts'
import type { CommandContext } from './context.ts'

/**
 * An event of somebody who could not prove who they are. The name that was tried is kept only when
 * somebody has it: it might be a password in the wrong field. Takes as long whether or not there is
 * such an account or user.
 */
export async function recordRefusedSignIn(
  { store }: Pick<CommandContext, 'store'>,
  attempt: {
    readonly account: string
    /** The network that the client is in. */
    readonly network: string
  },
  user: { readonly id: string; readonly name: string } | undefined,
  reason = user === undefined ? 'no such user' : 'wrong password',
): Promise<void> {
  const account = await findActiveAccount(store, attempt.account)
  await recordAudit(store, {
    actor: {
      kind: 'nobody',
      accountId: account?.id ?? null,
      clientNetwork: attempt.network,
    },
    action: 'session.refuse',
    target: user ?? {},
    details: { reason },
  })
}
