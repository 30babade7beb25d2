import { createHash, randomUUID } from 'node:crypto'
import { signInsEndedBefore } from '../credential/sign-in-life.ts'
import { AccessError } from '../errors.ts'
import { failuresForgottenAfterMs, signInDelays } from '../policy/sign-in-delay.ts'
import { isStorableText } from '../policy/storable-text.ts'
import { findUserToSignIn } from '../store/account-users.ts'
import {
  countSignInAttempt,
  deleteForgottenSignInFailures,
  deleteSignInFailures,
  forgetSignInAttempt,
} from '../store/sign-in-failures.ts'
import { deleteExpiredSignIns, deleteSignIn, insertSignIn } from '../store/sign-ins.ts'
import { hashToken } from '../token/hash-token.ts'
import { mintToken } from '../token/token.ts'
import type { CommandContext } from './context.ts'

/** Longer is nobody's name or password. */
const maxLength = 1_024

/**
 * Signs a user in, by name or e-mail address. Returns the token that stands for the sign-in, which
 * is kept nowhere; or until when this user, or this address, may not try again. Whether there is
 * such an account or user cannot be told from the answer, nor from how long it takes.
 * Throws sign_in_failed, sign_in_busy.
 */
export async function signIn(
  context: CommandContext,
  attempt: {
    readonly account: string
    readonly user: string
    readonly password: string
    /** The network that the client is in. */
    readonly address: string
  },
): Promise<{ readonly token: string } | { readonly blockedUntil: Date }> {
  const { store, passwords, randomBytes, observe } = context
  const { account, user, password, address } = attempt
  const texts = [account, user, password]
  if (texts.some((text) => text.length > maxLength || !isStorableText(text))) throw failed()
  const now = context.now()
  const subjects = {
    address: subjectOf('address', address),
    user: subjectOf('user', account, user.toLowerCase()),
  }
  for (const who of ['address', 'user'] as const) {
    const blocked = await countSignInAttempt(store, {
      subject: subjects[who],
      now,
      forgottenBefore: new Date(now.getTime() - failuresForgottenAfterMs),
      delays: signInDelays[who],
    })
    if (blocked !== undefined) {
      observe({ event: 'sign_in_refused', reason: 'blocked' })
      return blocked
    }
  }
  const found = await findUserToSignIn(store, account, user)
  if (!(await passwords.verify(found?.passwordHash, password)) || found === undefined) {
    observe({ event: 'sign_in_refused', reason: 'failed' })
    throw failed()
  }
  const token = mintToken('session', randomBytes)
  const id = randomUUID()
  const isSignedIn = await insertSignIn(store, {
    id,
    userId: found.id,
    passwordHash: found.passwordHash,
    tokenHash: hashToken(token),
    createdAt: now,
  })
  if (!isSignedIn) throw failed()
  await deleteSignInFailures(store, subjects.user)
  await forgetSignInAttempt(store, subjects.address)
  await deleteExpiredSignIns(store, signInsEndedBefore(now))
  await deleteForgottenSignInFailures(store, new Date(now.getTime() - failuresForgottenAfterMs))
  observe({ event: 'signed_in', userId: found.id })
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

function subjectOf(...parts: readonly string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest()
}

function failed(): AccessError {
  return new AccessError('sign_in_failed')
}
