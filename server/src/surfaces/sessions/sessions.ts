import type { FastifyInstance, FastifyRequest } from 'fastify'
import { signOut } from '../../commands/sign-in.ts'
import type { Principal, PrincipalUser } from '../../credential/principal.ts'
import { AccessError } from '../../errors.ts'
import { getAdmission } from '../admit.ts'
import { csrfTokenOf, type OwnAddress, sessionCookie } from '../session-cookie.ts'
import type { Surface, SurfaceContext } from '../surface.ts'
import { presentSession, sendSession } from './present-session.ts'
import * as schema from './schema.ts'
import { signInByBody } from './sign-in.ts'

/** Signing in, for whoever has no credential yet. */
export function signingIn(
  server: FastifyInstance,
  context: Pick<SurfaceContext, 'commands' | 'publicUrl'>,
  own: OwnAddress,
): void {
  server.post('/session', { schema: schema.create }, async (request, reply) => {
    const { principal, csrfToken } = await signInByBody(context, own, request, reply)
    return sendSession(reply, presentSession(principal, userOf(principal), csrfToken))
  })
}

/** Who is signed in, and signing out. */
export const sessions: Surface = (server, context) => {
  server.get('/session', { schema: schema.show }, async (request, reply) => {
    const principal = getSession(request)
    const csrfToken = csrfTokenOf(request.credential?.token ?? '')
    return sendSession(reply, presentSession(principal, userOf(principal), csrfToken))
  })

  server.delete('/session', { schema: schema.remove }, async (request, reply) => {
    const { credentialId } = getSession(request)
    getAdmission(request).inFlight.end()
    await signOut(context.commands, credentialId)
    const cookie = sessionCookie(context.publicUrl(), undefined)
    return reply.code(204).header('set-cookie', cookie).send()
  })
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
