import type { Database } from '../store/database.ts'
import { findSignInByHash, updateSignInSeen } from '../store/sign-ins.ts'
import { hashToken } from '../token/hash-token.ts'
import type { Principal } from './principal.ts'
import { confirmedForMs, seenEveryMs, signInEndsAtMs } from './sign-in-life.ts'

/**
 * Whom the cookie of a session stands for; undefined when it has ended or there is none. A session
 * goes on for as long as it is used.
 */
export async function findSession(
  store: Database,
  token: string,
  now: Date,
): Promise<{ readonly principal: Principal; readonly epoch: number } | undefined> {
  const signIn = await findSignInByHash(store, hashToken(token))
  if (signIn === undefined || now.getTime() >= signInEndsAtMs(signIn)) return undefined
  const isNews = now.getTime() - signIn.lastSeenAt.getTime() >= seenEveryMs
  if (isNews) await updateSignInSeen(store, signIn.id, now)
  const { createdAt, userId, userName, email, level, requestsPerSecond, confirmedAt } = signIn
  const principal: Principal = Object.freeze({
    accountId: signIn.accountId,
    accountName: signIn.accountName,
    credentialId: signIn.id,
    credentialName: userName,
    kind: 'session',
    allowedApis: Object.freeze([]),
    engineEnabled: signIn.engineEnabled,
    ...(requestsPerSecond !== null && { requestsPerSecond }),
    expiresAtMs: signInEndsAtMs({ createdAt, lastSeenAt: isNews ? now : signIn.lastSeenAt }),
    database: signIn.database,
    role: '',
    issuedAtMs: createdAt.getTime(),
    mayWrite: false,
    user: Object.freeze({
      id: userId,
      name: userName,
      email,
      level,
      scopes: 'all',
      signedInBy: signIn.signedInBy,
      hasSecondFactor: signIn.hasSecondFactor,
      ...(confirmedAt !== null && { confirmedUntilMs: confirmedAt.getTime() + confirmedForMs }),
      endsWith: [userId],
    }),
  })
  return { principal, epoch: signIn.epoch }
}
