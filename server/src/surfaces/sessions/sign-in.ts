import type { FastifyReply, FastifyRequest } from 'fastify'
import { signIn, signOut } from '../../commands/sign-in.ts'
import { findSession } from '../../credential/find-session.ts'
import { accountOfHost, nameAccount } from '../../credential/name-account.ts'
import { AccessError } from '../../errors.ts'
import { clientNetwork } from '../../limits/client-network.ts'
import { accountOfPath } from '../account-prefix.ts'
import { readObject } from '../read-bodies.ts'
import {
  csrfTokenOf,
  mustNotBeForeign,
  type OwnAddress,
  readSessionCookie,
  sessionCookie,
} from '../session-cookie.ts'
import type { SurfaceContext } from '../surface.ts'
import { mustBeText, outcomeOf } from './attempt.ts'

/** Somebody who has just signed in, and what their browser is to be told. */
export type SignedIn = NonNullable<Awaited<ReturnType<typeof findSession>>> & {
  readonly csrfToken: string
}

/**
 * Signs in whoever the body names, as `account`, `user` and `password`, with a `code` where they have
 * a second factor, and hands the browser a new session; one that it had ends. Throws foreign_request
 * for a page of another site, sign_in_failed, second_factor_needed, second_factor_wrong, and
 * sign_in_blocked with the header that says when to come again.
 */
export async function signInByBody(
  { commands, publicUrl }: Pick<SurfaceContext, 'commands' | 'publicUrl'>,
  own: OwnAddress,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<SignedIn> {
  mustNotBeForeign(request, own)
  const { account, user, password, code } = readObject(request.body)
  for (const [name, value] of Object.entries({ user, password })) mustBeText(name, value)
  const named = nameAccount({
    path: accountOfPath(request.raw),
    host: accountOfHost(request.headers.host, own.ownHosts()),
    basicUser: undefined,
    parameter: account === undefined || account === '' ? undefined : mustBeText('account', account),
  })
  const network = clientNetwork(request.ip)
  const attempt = await signIn(commands, {
    account: mustBeText('account', named),
    user: mustBeText('user', user),
    password: mustBeText('password', password),
    ...(code !== undefined && { code: mustBeText('code', code) }),
    network,
    userAgent: request.headers['user-agent'],
  })
  const { token } = outcomeOf(reply, commands.now(), attempt)
  const session = await findSession(commands.store, token, commands.now())
  if (session === undefined) throw new AccessError('sign_in_failed')
  // What the browser had before, whoever has put it there, is nobody's any more.
  const before = readSessionCookie(request, publicUrl())
  const left = before && (await findSession(commands.store, before, commands.now()))
  if (left) await signOut(commands, { ...left.principal, clientNetwork: network })
  reply.header('set-cookie', sessionCookie(publicUrl(), token))
  return { ...session, csrfToken: csrfTokenOf(token) }
}
