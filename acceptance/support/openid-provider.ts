import { createHash, randomUUID } from 'node:crypto'
import { createServer } from 'node:http'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'

/** A small OpenID provider: whoever comes is taken for `claims` without being asked. */
export type OpenIdProvider = {
  readonly issuer: string
  /** Whom the next browser is taken for, and what is wrong with what is said of them. */
  claims: Record<string, unknown>
  /** What browsers asked for, the latest last. */
  readonly asked: URLSearchParams[]
  stop(): Promise<void>
}

type Code = { readonly asked: URLSearchParams; readonly claims: Record<string, unknown> }

/** Starts a provider on this machine that knows one client. */
export async function startOpenIdProvider(
  port: number,
  { clientId, clientSecret }: { readonly clientId: string; readonly clientSecret: string },
): Promise<OpenIdProvider> {
  const issuer = `http://127.0.0.1:${port}`
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }
  const codes = new Map<string, Code>()
  const asked: URLSearchParams[] = []

  const exchange = async (form: URLSearchParams, authorization: string) => {
    const code = codes.get(form.get('code') ?? '')
    codes.delete(form.get('code') ?? '')
    const verifier = createHash('sha256').update(form.get('code_verifier') ?? '')
    const sent = Buffer.from(authorization.replace('Basic ', ''), 'base64').toString()
    const isClient =
      sent === `${clientId}:${clientSecret}` ||
      (form.get('client_id') === clientId && form.get('client_secret') === clientSecret)
    const isAsked =
      code?.asked.get('code_challenge') === verifier.digest('base64url') &&
      code.asked.get('redirect_uri') === form.get('redirect_uri')
    if (code === undefined || !isClient || !isAsked) return undefined
    const idToken = await new SignJWT({ nonce: code.asked.get('nonce'), ...code.claims })
      .setProtectedHeader({ alg: 'RS256', kid: 'one' })
      .setIssuer(issuer)
      .setAudience(clientId)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey)
    return { access_token: randomUUID(), token_type: 'bearer', id_token: idToken }
  }

  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', issuer)
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
    if (url.pathname === '/.well-known/openid-configuration') {
      answer(200, {
        issuer,
        authorization_endpoint: `${issuer}/authorize`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/keys`,
        response_types_supported: ['code'],
        subject_types_supported: ['public'],
        id_token_signing_alg_values_supported: ['RS256'],
      })
    } else if (url.pathname === '/keys') {
      answer(200, { keys: [jwk] })
    } else if (url.pathname === '/authorize') {
      const code = randomUUID()
      asked.push(url.searchParams)
      codes.set(code, { asked: url.searchParams, claims: provider.claims })
      const back = new URL(url.searchParams.get('redirect_uri') ?? issuer)
      back.searchParams.set('code', code)
      back.searchParams.set('state', url.searchParams.get('state') ?? '')
      response.writeHead(303, { location: back.href }).end()
    } else {
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const form = new URLSearchParams(Buffer.concat(chunks).toString())
      const tokens = await exchange(form, request.headers.authorization ?? '')
      if (tokens === undefined) answer(400, { error: 'invalid_grant' })
      else answer(200, tokens)
    }
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  const provider: OpenIdProvider = {
    issuer,
    claims: {},
    asked,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return provider
}
