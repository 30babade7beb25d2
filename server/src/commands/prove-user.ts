import { AccessError } from '../errors.ts'
import { isStorableText } from '../policy/storable-text.ts'
import { findUserToSignIn, type UserToSignIn } from '../store/account-users.ts'
import type { CommandContext } from './context.ts'
import { proveSecondFactor } from './prove-second-factor.ts'
import { recordRefusedSignIn } from './record-refused-sign-in.ts'
import { type Blocked, countAttempt, forgetAttempts, subjectsOf } from './sign-in-attempts.ts'

/** Longer is nobody's name or password. */
const maxLength = 1_024

/**
 * The user of an account whom somebody proves to be, by their password and, where they have a second
 * factor, by a code of it; or until when this user, or this network, may not try again. Whether there
 * is such an account or user cannot be told from the answer, nor from how long it takes; whether they
 * have a second factor, only with the right password.
 * Throws sign_in_failed, sign_in_busy, second_factor_needed, second_factor_wrong.
 */
export async function proveUser(
  context: CommandContext,
  attempt: {
    readonly account: string
    /** A name or an e-mail address. */
    readonly user: string
    readonly password: string
    readonly code?: string | undefined
    /** The network that the client is in. */
    readonly network: string
  },
): Promise<UserToSignIn | Blocked> {
  const { store, passwords, observe } = context
  const { account, user, password, code, network } = attempt
  const texts = [account, user, password, code ?? '']
  if (texts.some((text) => text.length > maxLength || !isStorableText(text))) throw failed()
  const subjects = subjectsOf(account, user, network)
  const blocked = await countAttempt(context, subjects)
  if (blocked !== undefined) return blocked
  const found = await findUserToSignIn(store, account, user)
  if (!(await passwords.verify(found?.passwordHash, password)) || found === undefined) {
    observe({ event: 'sign_in_refused', reason: 'failed' })
    await recordRefusedSignIn(context, attempt, found)
    throw failed()
  }
  await forgetAttempts(context, subjects)
  if (!found.hasSecondFactor) return found
  if (code === undefined) throw new AccessError('second_factor_needed')
  return (await proveSecondFactor(context, found, { account, code, network })) ?? found
}

function failed(): AccessError {
  return new AccessError('sign_in_failed')
}
