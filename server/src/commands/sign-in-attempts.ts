import { createHash } from 'node:crypto'
import { failuresForgottenAfterMs, signInDelays } from '../policy/sign-in-delay.ts'
import {
  countSignInAttempt,
  deleteForgottenSignInFailures,
  deleteSignInFailures,
  forgetSignInAttempt,
} from '../store/sign-in-failures.ts'
import type { CommandContext } from './context.ts'

/** Who tries to prove who they are, as hashes: whom they say they are, and where they are. */
export type AttemptSubjects = { readonly user: Buffer; readonly address: Buffer }

/** Until when nobody may try again. */
export type Blocked = { readonly blockedUntil: Date }

/**
 * The subjects of an attempt. `user` is the name of an account's user as it was given, so that names
 * that nobody has are counted like any other; `network` is where the client is.
 */
export function subjectsOf(account: string, user: string, network: string): AttemptSubjects {
  return {
    user: hashOf('user', account, user.toLowerCase()),
    address: hashOf('address', network),
  }
}

/** The subjects of an attempt with a code of a second factor, by who has given the right password. */
export function subjectsOfCodes(userId: string, network: string): AttemptSubjects {
  return { user: hashOf('second_factor', userId), address: hashOf('address', network) }
}

/**
 * Counts an attempt as one that failed, before anybody looks whether it does. Answers until when
 * nobody may try; undefined when this attempt may be made.
 */
export async function countAttempt(
  { store, now, observe }: Pick<CommandContext, 'store' | 'now' | 'observe'>,
  subjects: AttemptSubjects,
): Promise<Blocked | undefined> {
  const at = now()
  for (const who of ['address', 'user'] as const) {
    const blocked = await countSignInAttempt(store, {
      subject: subjects[who],
      now: at,
      forgottenBefore: new Date(at.getTime() - failuresForgottenAfterMs),
      delays: signInDelays[who],
    })
    if (blocked !== undefined) {
      observe({ event: 'sign_in_refused', reason: 'blocked' })
      return blocked
    }
  }
  return undefined
}

/** Takes back an attempt that came to something, and the failures of this user before it. */
export async function forgetAttempts(
  { store, now }: Pick<CommandContext, 'store' | 'now'>,
  subjects: AttemptSubjects,
): Promise<void> {
  await deleteSignInFailures(store, subjects.user)
  await forgetSignInAttempt(store, subjects.address)
  const forgottenBefore = new Date(now().getTime() - failuresForgottenAfterMs)
  await deleteForgottenSignInFailures(store, forgottenBefore)
}

function hashOf(...parts: readonly string[]): Buffer {
  return createHash('sha256').update(JSON.stringify(parts)).digest()
}
