import { AccessError } from '../errors.ts'
import { inRetriedTransaction } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import {
  confirmSecondFactor,
  findSecondFactor,
  insertSecondFactor,
  replaceRecoveryCodes,
} from '../store/second-factors.ts'
import { hashToken } from '../token/hash-token.ts'
import { findOneTimeStep, newOneTimeSecret, oneTimeAddress } from '../token/one-time-codes.ts'
import { mintRecoveryCode } from '../token/recovery-code.ts'
import type { CommandContext } from './context.ts'
import type { ActingManager } from './operator.ts'
import { openSecondFactor, sealSecondFactor } from './second-factor-secret.ts'

const recoveryCodes = 10

/**
 * Begins to set up a second factor for the manager's own user, and returns its secret for their app,
 * also as the address that the app reads from a QR code, under the names in `shownAs`. Until a code
 * has confirmed it nobody is asked for one. Throws second_factor_exists.
 */
export async function beginSecondFactor(
  { store, keyRing, randomBytes, now }: CommandContext,
  { userId, mustStillHold }: ActingManager,
  shownAs: { readonly issuer: string; readonly label: string },
): Promise<{ readonly secret: string; readonly uri: string }> {
  const secret = newOneTimeSecret(randomBytes)
  const sealed = sealSecondFactor(keyRing(), userId, secret, randomBytes)
  const isBegun = await inRetriedTransaction(store, async (transaction) => {
    await mustStillHold(transaction)
    return insertSecondFactor(transaction, { userId, ...sealed, createdAt: now() })
  })
  if (!isBegun) throw new AccessError('second_factor_exists')
  return { secret, uri: oneTimeAddress(secret, shownAs) }
}

/**
 * Puts the second factor that was begun in force, by its first code. Returns the recovery codes, which
 * are kept as hashes and never shown again.
 * Throws second_factor_not_begun, second_factor_wrong, second_factor_exists.
 */
export async function finishSecondFactor(
  context: CommandContext,
  { userId, actor, mustStillHold }: ActingManager,
  code: string,
): Promise<string[]> {
  const { store, keyRing, now, observe } = context
  const factor = await findSecondFactor(store, userId)
  if (factor === undefined) throw new AccessError('second_factor_not_begun')
  if (factor.confirmedAt !== null) throw new AccessError('second_factor_exists')
  const secret = openSecondFactor(keyRing(), userId, factor)
  const step = findOneTimeStep(secret, code.replace(/\s/g, ''), now())
  if (step === undefined) throw new AccessError('second_factor_wrong')
  const codes = mintRecoveryCodes(context)
  await inRetriedTransaction(store, async (transaction) => {
    await mustStillHold(transaction)
    const confirmed = { step, confirmedAt: now() }
    if (!(await confirmSecondFactor(transaction, factor, confirmed))) {
      throw new AccessError('second_factor_exists')
    }
    await replaceRecoveryCodes(transaction, userId, codes.map(hashToken))
    const target = { id: userId, name: actor.name }
    await recordAudit(transaction, { actor, action: 'second_factor.create', target })
  })
  observe({ event: 'second_factor_changed', userId, isOn: true })
  return codes
}

/** Makes new recovery codes; the old ones are worth nothing any more. Throws second_factor_not_begun. */
export async function renewRecoveryCodes(
  context: CommandContext,
  { userId, actor, mustStillHold }: ActingManager,
): Promise<string[]> {
  const codes = mintRecoveryCodes(context)
  await inRetriedTransaction(context.store, async (transaction) => {
    await mustStillHold(transaction)
    if (!(await replaceRecoveryCodes(transaction, userId, codes.map(hashToken)))) {
      throw new AccessError('second_factor_not_begun')
    }
    const target = { id: userId, name: actor.name }
    await recordAudit(transaction, { actor, action: 'recovery_codes.create', target })
  })
  return codes
}

function mintRecoveryCodes({ randomBytes }: CommandContext): string[] {
  return Array.from({ length: recoveryCodes }, () => mintRecoveryCode(randomBytes))
}
