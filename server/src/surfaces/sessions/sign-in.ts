import type { FastifyReply, FastifyRequest } from 'fastify'
import { signIn } from '../../commands/sign-in.ts'
import { accountOfHost, nameAccount } from '../../credential/name-account.ts'
import { clientNetwork } from '../../limits/client-network.ts'
import { accountOfPath } from '../account-prefix.ts'
import { readObject } from '../read-bodies.ts'
import { mustNotBeForeign, type OwnAddress } from '../session-cookie.ts'
import type { SurfaceContext } from '../surface.ts'
import { mustBeText, outcomeOf } from './attempt.ts'
import { type SignedIn, startSession } from './start-session.ts'

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
  const attempt = await signIn(commands, {
    account: mustBeText('account', named),
    user: mustBeText('user', user),
    password: mustBeText('password', password),
    ...(code !== undefined && { code: mustBeText('code', code) }),
    network: clientNetwork(request.ip),
    userAgent: request.headers['user-agent'],
  })
  const { token } = outcomeOf(reply, commands.now(), attempt)
  return startSession({ commands, publicUrl }, request, reply, token)
}
