import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { endOAuthToken } from '../../commands/end-oauth-grant.ts'
import {
  type IssuedTokens,
  issueForCode,
  issueForProgram,
  issueForRefreshToken,
} from '../../commands/issue-oauth-tokens.ts'
import { verifyOAuthClient } from '../../commands/verify-oauth-client.ts'
import { scopes } from '../../credential/manager.ts'
import { AccessError } from '../../errors.ts'
import { clientNetwork } from '../../limits/client-network.ts'
import type { RateLimits } from '../../limits/rate-limits.ts'
import type { OAuthClient } from '../../store/oauth-clients.ts'
import type { OwnAddress } from '../session-cookie.ts'
import type { SurfaceContext } from '../surface.ts'
import { tellAllowance } from '../tell-allowance.ts'
import { accountNamedBy } from './account-named-by.ts'
import {
  type OAuthFields,
  readClientCredentials,
  readOAuthFields,
} from './read-client-credentials.ts'
import * as schema from './schema.ts'

type Context = Pick<SurfaceContext, 'commands' | 'publicUrl'>

const metadataPath = '/.well-known/oauth-authorization-server'

/** What applications in browsers ask from pages of their own. */
export const oauthPaths = ['/oauth/token', '/oauth/revoke', metadataPath]

/** Where clients get tokens and give them back, and where they can read how: for no browser's cookie. */
export function issuingTokens(
  server: FastifyInstance,
  context: Context,
  own: OwnAddress,
  limits: RateLimits,
): void {
  const { commands, publicUrl } = context

  server.post('/oauth/token', { schema: schema.token }, async (request, reply) => {
    const fields = readOAuthFields(request.body)
    const client = await readKnownClient(request, fields)
    // Each token is a row for as long as it is good.
    const allowance = limits.take({ credentialId: client.id, kind: 'oauth' }, 'auth', request.ip)
    tellAllowance(reply, allowance)
    if (allowance?.isAllowed === false) throw new AccessError('rate_limited')
    return sendTokens(reply, await issueFor(client, fields))
  })

  server.post('/oauth/revoke', { schema: schema.revoke }, async (request, reply) => {
    const fields = readOAuthFields(request.body)
    const client = await readKnownClient(request, fields)
    const caller = { ...client, clientNetwork: clientNetwork(request.ip) }
    await endOAuthToken(commands, caller, need(fields, 'token'))
    return reply.header('cache-control', 'no-store').send()
  })

  server.get(metadataPath, { schema: schema.metadata }, async () => {
    const base = publicUrl()
    return {
      issuer: base,
      authorization_endpoint: `${base}/oauth/authorize`,
      token_endpoint: `${base}/oauth/token`,
      revocation_endpoint: `${base}/oauth/revoke`,
      response_types_supported: ['code'],
      response_modes_supported: ['query'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
      scopes_supported: scopes,
    }
  })

  /** Whoever tries secrets is slowed down by address, as with any credential that is none. */
  async function readKnownClient(
    request: FastifyRequest,
    fields: OAuthFields,
  ): Promise<OAuthClient> {
    if (limits.lookAtRefusals(request.ip)?.isAllowed === false) {
      throw new AccessError('rate_limited')
    }
    try {
      const { id, secret } = readClientCredentials(request, fields)
      return await verifyOAuthClient(commands, id, secret, accountNamedBy(request, own))
    } catch (error) {
      limits.countRefusal(request.ip)
      throw error
    }
  }

  function issueFor(client: OAuthClient, fields: OAuthFields): Promise<IssuedTokens> {
    const wanted = fields.scope?.split(' ').filter(Boolean) ?? []
    const grantType = need(fields, 'grant_type')
    const isProgram = client.kind === 'm2m'
    switch (grantType) {
      case 'client_credentials':
        return issueForProgram(commands, client, wanted)
      case 'authorization_code':
        if (isProgram) throw new AccessError('oauth_unauthorized_client')
        return issueForCode(commands, client, {
          code: need(fields, 'code'),
          redirectUri: need(fields, 'redirect_uri'),
          codeVerifier: need(fields, 'code_verifier'),
        })
      case 'refresh_token':
        if (isProgram) throw new AccessError('oauth_unauthorized_client')
        return issueForRefreshToken(commands, client, {
          refreshToken: need(fields, 'refresh_token'),
          scopes: wanted,
        })
      default:
        throw new AccessError('oauth_unsupported_grant_type')
    }
  }
}

function need(fields: OAuthFields, name: string): string {
  const value = fields[name]
  if (value !== undefined) return value
  throw new AccessError('oauth_invalid_request', { message: `${name} is missing.` })
}

function sendTokens(reply: FastifyReply, issued: IssuedTokens): FastifyReply {
  return reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' }).send({
    access_token: issued.accessToken,
    token_type: 'Bearer',
    expires_in: issued.expiresInSeconds,
    scope: issued.scopes.join(' '),
    ...(issued.refreshToken !== undefined && { refresh_token: issued.refreshToken }),
  })
}
