import type { FastifyInstance, FastifyRequest } from 'fastify'
import { confirmSession } from '../../commands/confirm-session.ts'
import { signOut } from '../../commands/sign-in.ts'
import type { Principal, PrincipalUser } from '../../credential/principal.ts'
import { AccessError } from '../../errors.ts'
import { clientNetwork } from '../../limits/client-network.ts'
import { getAdmission, getCaller } from '../admit.ts'
import { readObject } from '../read-bodies.ts'
import { csrfTokenOf, type OwnAddress, sessionCookie } from '../session-cookie.ts'
import type { Surface, SurfaceContext } from '../surface.ts'
import { mustBeText, outcomeOf } from './attempt.ts'
import { presentSession, sendNewSession, sendSession } from './present-session.ts'
import * as schema from './schema.ts'
import { signInByBody } from './sign-in.ts'

/** Signing in, for whoever has no credential yet. */
export function signingIn(
  server: FastifyInstance,
  context: Pick<SurfaceContext, 'commands' | 'publicUrl'>,
  own: OwnAddress,
): void {
  server.post('/session', { schema: schema.create }, async (request, reply) => {
    return sendNewSession(reply, await signInByBody(context, own, request, reply))
  })
}

/** Who is signed in, and signing out. */
export const sessions: Surface = (server, context) => {
  server.get('/session', { schema: schema.show }, async (request, reply) => {
    const principal = getSession(request)
    return sendSession(reply, presentSession(principal, userOf(principal), csrfTokenIn(request)))
  })

  server.post('/session/confirm', { schema: schema.confirm }, async (request, reply) => {
    const principal = getSession(request)
    const { password, code } = readObject(request.body)
    const attempt = await confirmSession(context.commands, getCaller(request), {
      password: mustBeText('password', password),
      ...(code !== undefined && { code: mustBeText('code', code) }),
      network: clientNetwork(request.ip),
    })
    const { confirmedUntilMs } = outcomeOf(reply, context.commands.now(), attempt)
    const user = { ...userOf(principal), confirmedUntilMs }
    return sendSession(reply, presentSession(principal, user, csrfTokenIn(request)))
  })

  server.delete('/session', { schema: schema.remove }, async (request, reply) => {
    getSession(request)
    getAdmission(request).inFlight.end()
    await signOut(context.commands, getCaller(request))
    const cookie = sessionCookie(context.publicUrl(), undefined)
    return reply.code(204).header('set-cookie', cookie).send()
  })
}

function csrfTokenIn({ credential }: FastifyRequest): string {
  return csrfTokenOf(credential?.token ?? '')
}

function getSession(request: FastifyRequest): Principal {
  const { principal } = getAdmission(request)
  if (principal.kind === 'session') return principal
  throw new AccessError('not_signed_in')
}

function userOf({ user }: Principal): PrincipalUser {
  if (user === undefined) throw new AccessError('not_signed_in')
  return user
}
