import { randomUUID } from 'node:crypto'
import { signInsEndedBefore } from '../credential/sign-in-life.ts'
import { AccessError } from '../errors.ts'
import { deleteExpiredSignIns, deleteSignIn, insertSignIn } from '../store/sign-ins.ts'
import { hashToken } from '../token/hash-token.ts'
import { mintToken } from '../token/token.ts'
import type { CommandContext } from './context.ts'
import { proveUser } from './prove-user.ts'
import type { Blocked } from './sign-in-attempts.ts'

/** What a browser says of itself is told to its user only, who needs no more of it. */
const maxUserAgentLength = 256

/**
 * Signs a user in, by name or e-mail address. Returns the token that stands for the sign-in, which
 * is kept nowhere; or until when this user, or this network, may not try again. Whether there is
 * such an account or user cannot be told from the answer, nor from how long it takes.
 * Throws sign_in_failed, sign_in_busy.
 */
export async function signIn(
  context: CommandContext,
  attempt: Parameters<typeof proveUser>[1] & { readonly userAgent?: string | undefined },
): Promise<{ readonly token: string } | Blocked> {
  const { store, randomBytes, observe } = context
  const proven = await proveUser(context, attempt)
  if ('blockedUntil' in proven) return proven
  const now = context.now()
  const token = mintToken('session', randomBytes)
  const isSignedIn = await insertSignIn(store, {
    id: randomUUID(),
    userId: proven.id,
    passwordHash: proven.passwordHash,
    tokenHash: hashToken(token),
    signedInBy: 'password',
    userAgent: attempt.userAgent?.slice(0, maxUserAgentLength) ?? null,
    network: attempt.network,
    createdAt: now,
  })
  if (!isSignedIn) throw new AccessError('sign_in_failed')
  await deleteExpiredSignIns(store, signInsEndedBefore(now))
  observe({ event: 'signed_in', userId: proven.id })
  return { token }
}

/** Ends a sign-in: when it resolves, no node takes its cookie for anybody's. */
export async function signOut(context: CommandContext, id: string): Promise<void> {
  await context.revoker.revoke(
    { kind: 'session', accountId: null, credentialId: id, roles: [] },
    (transaction) => deleteSignIn(transaction, id),
  )
  context.observe({ event: 'signed_out' })
}
