import type { FastifyReply, FastifyRequest } from 'fastify'
import { signOut } from '../../commands/sign-in.ts'
import { findSession } from '../../credential/find-session.ts'
import { AccessError } from '../../errors.ts'
import { clientNetwork } from '../../limits/client-network.ts'
import { csrfTokenOf, readSessionCookie, sessionCookie } from '../session-cookie.ts'
import type { SurfaceContext } from '../surface.ts'

/** Somebody who has just signed in, and what their browser is to be told. */
export type SignedIn = NonNullable<Awaited<ReturnType<typeof findSession>>> & {
  readonly csrfToken: string
}

/** Hands the browser a new session, by its token; one that it had ends. */
export async function startSession(
  { commands, publicUrl }: Pick<SurfaceContext, 'commands' | 'publicUrl'>,
  request: FastifyRequest,
  reply: FastifyReply,
  token: string,
): Promise<SignedIn> {
  const session = await findSession(commands.store, token, commands.now())
  if (session === undefined) throw new AccessError('sign_in_failed')
  // What the browser had before, whoever has put it there, is nobody's any more.
  const before = readSessionCookie(request, publicUrl())
  const left = before && (await findSession(commands.store, before, commands.now()))
  if (left) await signOut(commands, { ...left.principal, clientNetwork: clientNetwork(request.ip) })
  reply.header('set-cookie', sessionCookie(publicUrl(), token))
  return { ...session, csrfToken: csrfTokenOf(token) }
}
