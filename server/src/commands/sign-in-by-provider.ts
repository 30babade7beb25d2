import { auditActorOf, type Caller } from '../credential/audit-actor.ts'
import { signInsEndedBefore } from '../credential/sign-in-life.ts'
import { AccessError } from '../errors.ts'
import type { Identity } from '../sign-on/provider.ts'
import { inTransaction } from '../store/database.ts'
import {
  findLinkedUser,
  findUserToLink,
  insertOidcLink,
  type LinkableUser,
} from '../store/oidc-links.ts'
import { recordAudit } from '../store/record-audit.ts'
import { deleteExpiredSignIns, updateSignInConfirmed } from '../store/sign-ins.ts'
import type { CommandContext } from './context.ts'
import { openSignIn, type SignInPlace } from './open-sign-in.ts'
import { recordRefusedSignIn } from './record-refused-sign-in.ts'

/**
 * Signs in the user of an account whom the provider names: the one who is this subject there, or else the
 * one who has the e-mail address that the provider has verified, and who is this subject from then on.
 * Nobody becomes a user by this. Returns the token of the session.
 * Throws sign_on_refused, whatever is missing: an account, a user, or a verified address.
 */
export async function signInByProvider(
  context: CommandContext,
  account: string,
  identity: Identity,
  place: SignInPlace,
): Promise<string> {
  const { store, now, observe } = context
  const found = await findUser(context, account, identity)
  const token =
    found &&
    (await inTransaction(store, async (transaction) => {
      const { user, isLinked } = found
      const link = { ...identity, createdAt: now() }
      if (!isLinked && !(await insertOidcLink(transaction, user, link))) return undefined
      return openSignIn(context, transaction, user, 'oidc', place)
    }))
  if (found === undefined || token === undefined) {
    observe({ event: 'sign_in_refused', reason: 'failed' })
    const attempt = { account, network: place.network }
    await recordRefusedSignIn(context, attempt, undefined, 'nobody whom the provider names')
    throw new AccessError('sign_on_refused')
  }
  await deleteExpiredSignIns(store, signInsEndedBefore(now()))
  observe({ event: 'signed_in', userId: found.user.id })
  return token
}

/**
 * Somebody who is signed in has proven anew to the provider who they are. Throws sign_on_refused when the
 * provider names somebody else.
 */
export async function confirmByProvider(
  { store, now }: Pick<CommandContext, 'store' | 'now'>,
  caller: Caller,
  identity: Identity,
): Promise<void> {
  const { accountName, credentialId, user } = caller
  const linked = await findLinkedUser(store, accountName, identity)
  if (user === undefined || linked?.id !== user.id) throw new AccessError('sign_on_refused')
  await inTransaction(store, async (transaction) => {
    const confirmed = { passwordHash: null, confirmedAt: now() }
    if (!(await updateSignInConfirmed(transaction, credentialId, confirmed))) {
      throw new AccessError('credential_revoked')
    }
    await recordAudit(transaction, {
      actor: auditActorOf(caller),
      action: 'session.confirm',
      target: { id: credentialId, name: user.name },
      details: { by: 'oidc' },
    })
  })
}

async function findUser(
  { store }: Pick<CommandContext, 'store'>,
  account: string,
  identity: Identity,
): Promise<{ readonly user: LinkableUser; readonly isLinked: boolean } | undefined> {
  const linked = await findLinkedUser(store, account, identity)
  if (linked !== undefined) return { user: linked, isLinked: true }
  if (identity.verifiedEmail === undefined) return undefined
  const user = await findUserToLink(store, account, identity.verifiedEmail)
  return user && { user, isLinked: false }
}
