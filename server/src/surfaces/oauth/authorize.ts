import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { grantOAuth } from '../../commands/grant-oauth.ts'
import { isUuid } from '../../commands/list-users.ts'
import { findSession } from '../../credential/find-session.ts'
import type { Principal } from '../../credential/principal.ts'
import { clientNetwork } from '../../limits/client-network.ts'
import {
  type AuthorizationRefusal,
  type AuthorizationRequest,
  answerAddress,
  authorizationParameters,
  findRedirectUri,
  parseAuthorizationRequest,
} from '../../policy/authorization-request.ts'
import { scopesWithin } from '../../policy/user-levels.ts'
import { findOAuthClient } from '../../store/oauth-clients.ts'
import { readObject } from '../read-bodies.ts'
import {
  csrfTokenOf,
  mustKnowCsrfToken,
  mustNotBeForeign,
  type OwnAddress,
  readSessionCookie,
} from '../session-cookie.ts'
import type { SurfaceContext } from '../surface.ts'
import { accountNamedBy } from './account-named-by.ts'
import { sendConsentPage, sendRefusalPage } from './authorize-pages.ts'
import * as schema from './schema.ts'

type Context = Pick<SurfaceContext, 'commands' | 'publicUrl'>
type Parameters = Readonly<Record<string, unknown>>
type Client = NonNullable<Awaited<ReturnType<typeof findOAuthClient>>>
/** Whose application asks for what; or an answer that has been sent already. */
type Asked = { readonly client: Client; readonly request: AuthorizationRequest }

/** Where a user is asked whether an application may act in their name: RFC 6749, section 3.1. */
export function authorizing(server: FastifyInstance, { commands }: Context, own: OwnAddress): void {
  const context = { commands, ...own }
  server.get('/oauth/authorize', { schema: schema.authorize }, async (request, reply) => {
    const parameters = request.query as Parameters
    const asked = await readAsked(context, request, reply, parameters)
    if (asked === undefined) return reply
    const session = await findSignedIn(context, request, asked.client)
    if (session === undefined) return askWhoIsThere(context, reply, asked, parameters)
    const { principal, token } = session
    const { user } = principal
    if (user === undefined || scopesWithin(user.level, asked.request.scopes).length === 0) {
      const description = 'The user may do nothing of what is asked for.'
      return sendBack(context, reply, asked.request, { error: 'access_denied', description })
    }
    return sendConsentPage(reply, {
      action: addressOf(context, '/oauth/authorize'),
      parameters,
      account: principal.accountName,
      clientName: asked.client.name,
      user,
      scopes: asked.request.scopes,
      redirectUri: asked.request.redirectUri,
      csrfToken: csrfTokenOf(token),
    })
  })

  server.post('/oauth/authorize', { schema: schema.decide }, async (request, reply) => {
    mustNotBeForeign(request, own)
    const parameters = readObject(request.body)
    const asked = await readAsked(context, request, reply, parameters)
    if (asked === undefined) return reply
    const session = await findSignedIn(context, request, asked.client)
    if (session === undefined) return askWhoIsThere(context, reply, asked, parameters)
    mustKnowCsrfToken(request, session.token)
    if (parameters.decision !== 'allow') {
      const description = 'The user has said no.'
      return sendBack(context, reply, asked.request, { error: 'access_denied', description })
    }
    const { client } = asked
    const caller = { ...session.principal, clientNetwork: clientNetwork(request.ip) }
    const code = await grantOAuth(context.commands, caller, client, asked.request)
    return sendBack(context, reply, asked.request, { code })
  })
}

/** What is asked for, by whom. Otherwise answers by itself: by a page, where no address is to be trusted. */
async function readAsked(
  context: Context & OwnAddress,
  request: FastifyRequest,
  reply: FastifyReply,
  parameters: Parameters,
): Promise<Asked | undefined> {
  const { client_id: clientId } = parameters
  const client =
    typeof clientId === 'string' && isUuid(clientId)
      ? await findOAuthClient(context.commands.store, clientId)
      : undefined
  const accountName = accountNamedBy(request, context)
  const isThere = [undefined, client?.accountName].includes(accountName)
  if (client === undefined || client.kind !== 'public' || !isThere) {
    sendRefusalPage(reply, 400, 'There is no such application.')
    return undefined
  }
  const redirectUri = findRedirectUri(parameters, client)
  if (redirectUri === undefined) {
    const message = `${client.name} has not registered the address that you would be sent back to.`
    sendRefusalPage(reply, 400, message)
    return undefined
  }
  const parsed = parseAuthorizationRequest(parameters, redirectUri, client)
  if (parsed.ok) return { client, request: parsed.request }
  sendBack(context, reply, { redirectUri, state: parsed.state }, parsed.refusal)
  return undefined
}

/** Who is signed in to the account of the client; undefined for nobody, and for users of others. */
async function findSignedIn(
  { commands, publicUrl }: Context,
  request: FastifyRequest,
  client: Client,
): Promise<{ readonly principal: Principal; readonly token: string } | undefined> {
  const token = readSessionCookie(request, publicUrl())
  const found = token && (await findSession(commands.store, token, commands.now()))
  if (!token || !found || found.principal.accountId !== client.accountId) return undefined
  return { principal: found.principal, token }
}

/** Sends the user to the dashboard's way in, from where they come back to be asked. */
function askWhoIsThere(
  context: Context,
  reply: FastifyReply,
  { client }: Asked,
  parameters: Parameters,
): FastifyReply {
  // Only what we know ourselves is in the address: nobody can be sent anywhere else by it.
  const asked = new URLSearchParams()
  for (const name of authorizationParameters) {
    const value = parameters[name]
    if (typeof value === 'string') asked.set(name, value)
  }
  const next = `/oauth/authorize?${asked}`
  const query = new URLSearchParams({ account: client.accountName, next })
  return reply
    .headers({ 'cache-control': 'no-store', vary: 'Cookie' })
    .redirect(`${addressOf(context, '/sign-in')}?${query}`, 303)
}

/** Sends the user back to the application: RFC 6749, section 4.1.2, and RFC 9207 for `iss`. */
function sendBack(
  { publicUrl }: Context,
  reply: FastifyReply,
  { redirectUri, state }: { readonly redirectUri: string; readonly state: string | undefined },
  answer: { readonly code: string } | AuthorizationRefusal,
): FastifyReply {
  const said =
    'code' in answer
      ? { code: answer.code }
      : { error: answer.error, error_description: answer.description }
  const address = answerAddress(redirectUri, { ...said, state, iss: publicUrl() })
  return reply
    .headers({ 'cache-control': 'no-store', 'referrer-policy': 'no-referrer' })
    .redirect(address, 303)
}

/** An address of ours on the host that the browser is at, behind whatever prefix we are reached under. */
function addressOf({ publicUrl }: Context, path: string): string {
  return new URL(publicUrl()).pathname.replace(/\/$/, '') + path
}
