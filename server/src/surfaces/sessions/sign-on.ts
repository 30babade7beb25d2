import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { openSignOn, sealSignOn } from '../../commands/seal-sign-on.ts'
import { confirmByProvider, signInByProvider } from '../../commands/sign-in-by-provider.ts'
import { findSession } from '../../credential/find-session.ts'
import { accountOfHost, nameAccount } from '../../credential/name-account.ts'
import { AccessError } from '../../errors.ts'
import { clientNetwork } from '../../limits/client-network.ts'
import type { Provider } from '../../sign-on/provider.ts'
import { accountOfPath } from '../account-prefix.ts'
import { noteError } from '../render-errors.ts'
import { type OwnAddress, readSessionCookie } from '../session-cookie.ts'
import type { SurfaceContext } from '../surface.ts'
import * as schema from './schema.ts'
import { readSignOnCookie, signOnCookie } from './sign-on-cookie.ts'
import { startSession } from './start-session.ts'

type Context = Pick<SurfaceContext, 'commands' | 'publicUrl' | 'provider'>

const callbackPath = '/session/sign-on/callback'

/** Signing in with an OpenID provider, where the operator has named one. */
export function signingOn(server: FastifyInstance, context: Context, own: OwnAddress): void {
  const { commands, publicUrl } = context

  server.get('/session/ways', { schema: schema.ways }, async (_request, reply) =>
    reply
      .header('cache-control', 'no-store')
      .type('application/json; charset=utf-8')
      .send(JSON.stringify({ password: true, oidc: context.provider !== undefined })),
  )

  server.get('/session/sign-on', { schema: schema.signOn }, async (request, reply) => {
    const query = request.query as Readonly<Record<string, unknown>>
    const next = typeof query.next === 'string' ? query.next : '/'
    return orBack(context, request, reply, next, async () => {
      const provider = getProvider(context)
      mustNotComeFromElsewhere(request)
      const confirms = query.confirm === 'true' ? await getSignInId(context, request) : undefined
      const account = accountIn(request, query, own)
      const { url, checks } = await provider.begin(publicUrl() + callbackPath, {
        isConfirming: confirms !== undefined,
      })
      const sealed = sealSignOn(commands, { ...checks, account, next, confirms })
      reply.header('set-cookie', signOnCookie(publicUrl(), sealed))
      return url
    })
  })

  server.get(callbackPath, { schema: schema.signOnCallback }, async (request, reply) => {
    const sealed = readSignOnCookie(request, publicUrl())
    const attempt = sealed === undefined ? undefined : openSignOn(commands, sealed)
    reply.header('set-cookie', signOnCookie(publicUrl(), undefined))
    const next = typeof attempt?.next === 'string' ? attempt.next : '/'
    return orBack(context, request, reply, next, async () => {
      const provider = getProvider(context)
      if (attempt === undefined) throw new AccessError('sign_on_failed')
      const { state, nonce, codeVerifier, account, confirms } = attempt as {
        [name: string]: string | undefined
      }
      const checks = { state: state ?? '', nonce: nonce ?? '', codeVerifier: codeVerifier ?? '' }
      const address = new URL(publicUrl() + callbackPath)
      address.search = new URL(request.url, address).search
      const isConfirming = confirms !== undefined
      const identity = await provider.finish(address, checks, { isConfirming })
      const network = clientNetwork(request.ip)
      if (isConfirming) {
        const principal = await findSignedIn(context, request)
        // The session that has asked, and no other that the browser has by now.
        if (principal?.credentialId !== confirms) throw new AccessError('sign_on_failed')
        await confirmByProvider(commands, { ...principal, clientNetwork: network }, identity)
      } else {
        const token = await signInByProvider(commands, account ?? '', identity, {
          network,
          userAgent: request.headers['user-agent'],
        })
        await startSession(context, request, reply, token)
      }
      return ownAddress(context, next)
    })
  })
}

/** Sends the browser to where `work` says; or back to the sign-in page, with the code of what was wrong. */
async function orBack(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  next: string,
  work: () => Promise<string>,
): Promise<FastifyReply> {
  const address = await work().catch((error: unknown) => {
    if (!(error instanceof AccessError) || error.code === 'internal_error') throw error
    noteError(request, error)
    return ownAddress(context, `/sign-in?${new URLSearchParams({ refusal: error.code, next })}`)
  })
  return reply
    .headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    .redirect(address, 303)
}

function getProvider({ provider }: Context): Provider {
  if (provider === undefined) throw new AccessError('sign_on_unavailable')
  return provider
}

/** Only pages of ours, and people themselves, begin this: browsers say who did. */
function mustNotComeFromElsewhere({ headers }: FastifyRequest): void {
  const site = headers['sec-fetch-site']
  if (site === 'cross-site' || site === 'same-site') throw new AccessError('foreign_request')
}

function accountIn(
  request: FastifyRequest,
  query: Readonly<Record<string, unknown>>,
  own: OwnAddress,
): string | undefined {
  return nameAccount({
    path: accountOfPath(request.raw),
    host: accountOfHost(request.headers.host, own.ownHosts()),
    basicUser: undefined,
    parameter:
      typeof query.account === 'string' && query.account !== '' ? query.account : undefined,
  })
}

async function findSignedIn({ commands, publicUrl }: Context, request: FastifyRequest) {
  const token = readSessionCookie(request, publicUrl())
  const found = token && (await findSession(commands.store, token, commands.now()))
  return found ? found.principal : undefined
}

async function getSignInId(context: Context, request: FastifyRequest): Promise<string> {
  const principal = await findSignedIn(context, request)
  if (principal === undefined) throw new AccessError('not_signed_in')
  return principal.credentialId
}

/**
 * An address of this server, whatever was asked for: what browsers would read as another host's, by
 * slashes, backslashes, tabs or line breaks, is the home page.
 */
function ownAddress({ publicUrl }: Context, path: string): string {
  const base = new URL(publicUrl())
  const home = `${base.pathname.replace(/\/$/, '')}/`
  if (!path.startsWith('/') || !URL.canParse(path, base.href)) return home
  const { origin, pathname, search, hash } = new URL(path, base)
  if (origin !== base.origin || pathname.startsWith('//')) return home
  return home.slice(0, -1) + pathname + search + hash
}
