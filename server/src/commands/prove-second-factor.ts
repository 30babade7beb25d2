import { AccessError } from '../errors.ts'
import { findSecondFactor, useRecoveryCode, useSecondFactorStep } from '../store/second-factors.ts'
import { hashToken } from '../token/hash-token.ts'
import { findOneTimeStep } from '../token/one-time-codes.ts'
import { readRecoveryCode } from '../token/recovery-code.ts'
import type { CommandContext } from './context.ts'
import { recordRefusedSignIn } from './record-refused-sign-in.ts'
import { openSecondFactor } from './second-factor-secret.ts'
import { type Blocked, countAttempt, forgetAttempts, subjectsOfCodes } from './sign-in-attempts.ts'

/**
 * Uses up a code of a user's second factor, or one of their recovery codes. To be asked of nobody who
 * has not given the right password: the answer tells that there is a second factor. Attempts are
 * counted apart from those with passwords, because whoever guesses codes knows the password.
 * Returns until when nobody may try, where that is so. Throws second_factor_wrong.
 */
export async function proveSecondFactor(
  context: CommandContext,
  user: { readonly id: string; readonly name: string },
  attempt: { readonly account: string; readonly code: string; readonly network: string },
): Promise<Blocked | undefined> {
  const subjects = subjectsOfCodes(user.id, attempt.network)
  const blocked = await countAttempt(context, subjects)
  if (blocked !== undefined) return blocked
  if (!(await isUsed(context, user.id, attempt.code))) {
    context.observe({ event: 'sign_in_refused', reason: 'failed' })
    await recordRefusedSignIn(context, attempt, user, 'wrong code')
    throw new AccessError('second_factor_wrong')
  }
  await forgetAttempts(context, subjects)
  return undefined
}

async function isUsed(
  { store, keyRing, now }: CommandContext,
  userId: string,
  code: string,
): Promise<boolean> {
  const recoveryCode = readRecoveryCode(code)
  if (recoveryCode !== undefined) return useRecoveryCode(store, userId, hashToken(recoveryCode))
  const factor = await findSecondFactor(store, userId)
  if (factor === undefined) return false
  const secret = openSecondFactor(keyRing(), userId, factor)
  const step = findOneTimeStep(secret, code.replace(/\s/g, ''), now())
  return step !== undefined && useSecondFactorStep(store, userId, step)
}
