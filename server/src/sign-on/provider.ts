import * as client from 'openid-client'
import { AccessError } from '../errors.ts'

/** How the operator has registered this server with an OpenID provider. */
export type ProviderSettings = {
  readonly issuer: string
  readonly clientId: string
  readonly clientSecret: string
}

/** What an answer of the provider is checked against. It stays with the browser that is sent there. */
export type SignOnChecks = {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
}

/** Whom the provider says somebody is. */
export type Identity = {
  readonly issuer: string
  readonly subject: string
  /** Only when the provider says that it is theirs. */
  readonly verifiedEmail: string | undefined
}

/** An OpenID provider that users can sign in with. */
export type Provider = {
  /** Where to send the browser. Asked to confirm, the provider has the user sign in there anew. */
  begin(
    redirectUri: string,
    options: { readonly isConfirming: boolean },
  ): Promise<{ readonly url: string; readonly checks: SignOnChecks }>
  /**
   * Whom the browser that came back at `address` stands for. Throws sign_on_failed for an answer that is
   * not to the question that the checks are from.
   */
  finish(
    address: URL,
    checks: SignOnChecks,
    options: { readonly isConfirming: boolean },
  ): Promise<Identity>
}

const timeoutSeconds = 10
/** How long ago somebody may have signed in at the provider to have confirmed who they are. */
const confirmedWithinSeconds = 60

/**
 * The provider that the settings name. It is asked for its addresses when somebody first wants to sign in
 * there, and again until it answers: it may start later than this server. Throws sign_on_unavailable.
 */
export function createProvider(settings: ProviderSettings): Provider {
  let discovered: Promise<client.Configuration> | undefined

  async function configuration(): Promise<client.Configuration> {
    discovered ??= discover(settings)
    try {
      return await discovered
    } catch (error) {
      discovered = undefined
      throw new AccessError('sign_on_unavailable', { cause: error })
    }
  }

  return {
    async begin(redirectUri, { isConfirming }) {
      const config = await configuration()
      const checks = {
        state: client.randomState(),
        nonce: client.randomNonce(),
        codeVerifier: client.randomPKCECodeVerifier(),
      }
      const url = client.buildAuthorizationUrl(config, {
        redirect_uri: redirectUri,
        scope: 'openid email',
        state: checks.state,
        nonce: checks.nonce,
        code_challenge: await client.calculatePKCECodeChallenge(checks.codeVerifier),
        code_challenge_method: 'S256',
        ...(isConfirming && { prompt: 'login', max_age: '0' }),
      })
      return { url: url.href, checks }
    },

    async finish(address, checks, { isConfirming }) {
      const config = await configuration()
      try {
        const tokens = await client.authorizationCodeGrant(config, address, {
          expectedState: checks.state,
          expectedNonce: checks.nonce,
          pkceCodeVerifier: checks.codeVerifier,
          idTokenExpected: true,
          ...(isConfirming && { maxAge: confirmedWithinSeconds }),
        })
        const claims = tokens.claims()
        if (claims === undefined) throw new Error('The provider has sent no ID token.')
        const said =
          claims.email === undefined && config.serverMetadata().userinfo_endpoint !== undefined
            ? await client.fetchUserInfo(config, tokens.access_token, claims.sub)
            : claims
        const { email, email_verified: isVerified } = said
        return {
          issuer: claims.iss,
          subject: claims.sub,
          verifiedEmail: typeof email === 'string' && isVerified === true ? email : undefined,
        }
      } catch (error) {
        throw new AccessError(isAway(error) ? 'sign_on_unavailable' : 'sign_on_failed', {
          cause: error,
        })
      }
    },
  }
}

function discover({ issuer, clientId, clientSecret }: ProviderSettings) {
  const url = new URL(issuer)
  const isOnThisMachine = ['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)
  return client.discovery(url, clientId, clientSecret, undefined, {
    timeout: timeoutSeconds,
    // Without TLS anybody on the way could say who somebody is.
    ...(isOnThisMachine && { execute: [client.allowInsecureRequests] }),
  })
}

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const { name, code } = error as Error & { readonly code?: unknown }
  return name === 'TimeoutError' || code === 'OAUTH_TIMEOUT' || error instanceof TypeError
}
