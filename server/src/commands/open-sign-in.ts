import { randomUUID } from 'node:crypto'
import type { SignedInBy } from '../credential/principal.ts'
import type { AccountUser } from '../store/account-users.ts'
import type { Queryable } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import { insertSignIn } from '../store/sign-ins.ts'
import { hashToken } from '../token/hash-token.ts'
import { mintToken } from '../token/token.ts'
import type { CommandContext } from './context.ts'

/** What a browser says of itself is told to its user only, who needs no more of it. */
const maxUserAgentLength = 256

/** Where somebody signs in from. */
export type SignInPlace = {
  /** The network that the client is in. */
  readonly network: string
  readonly userAgent?: string | undefined
}

/**
 * Opens the session of a user who has proven who they are. Returns the token that stands for it, which
 * is kept nowhere; undefined when the user is gone, or has another password than `passwordHash`.
 */
export async function openSignIn(
  { randomBytes, now }: Pick<CommandContext, 'randomBytes' | 'now'>,
  transaction: Queryable,
  user: Pick<AccountUser, 'id' | 'accountId' | 'name'> & { readonly passwordHash?: string },
  signedInBy: SignedInBy,
  { network, userAgent }: SignInPlace,
): Promise<string | undefined> {
  const { id: userId, accountId, name, passwordHash } = user
  const token = mintToken('session', randomBytes)
  const id = randomUUID()
  const isInserted = await insertSignIn(transaction, {
    id,
    userId,
    passwordHash: passwordHash ?? null,
    tokenHash: hashToken(token),
    signedInBy,
    userAgent: userAgent?.slice(0, maxUserAgentLength) ?? null,
    network,
    createdAt: now(),
  })
  if (!isInserted) return undefined
  await recordAudit(transaction, {
    actor: { kind: 'user', accountId, id: userId, name, clientNetwork: network },
    action: 'session.create',
    target: { id, name },
    ...(signedInBy !== 'password' && { details: { by: signedInBy } }),
  })
  return token
}
