import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as oauth from 'oauth4webapi'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { launchChromium, newContext } from './support/launch-chromium.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { type Answer, basic, createKey, send } from './support/requests.ts'
import { type ReverseProxy, startReverseProxy } from './support/reverse-proxy.ts'
import { type SignedIn, signIn } from './support/sign-in.ts'

// Everything goes through a proxy that puts the server under a path of its own, as in production. The
// client is a library that holds every answer to the standards.

const redirectUri = 'http://127.0.0.1:1/back?page=1'
const insecure = { [oauth.allowInsecureRequests]: true }

let proxy: ReverseProxy
let postern: Postern
let alice: AccountCredentials
let owner: SignedIn
let server: oauth.AuthorizationServer
let program: { client_id: string; client_secret: string }
let page: oauth.Client

beforeAll(async () => {
  proxy = await startReverseProxy('/geo/api')
  postern = await startPostern({ POSTERN_PUBLIC_URL: proxy.url })
  proxy.forwardTo(postern.port)
  alice = await postern.createAccount('alice')
  owner = await signIn(postern, 'alice', 'alice', alice.password)
  server = await send(`${proxy.url}/.well-known/oauth-authorization-server`).then((answer) =>
    answer.json<oauth.AuthorizationServer>(),
  )
  program = await register({ name: 'Nightly job', kind: 'm2m', scopes: ['read:users'] })
  page = await register({
    name: 'Map <b>editor</b>',
    kind: 'public',
    scopes: ['read:tokens', 'read:users', 'write:users'],
    redirect_uris: [redirectUri],
  })
})
afterAll(async () => {
  await postern.stop()
  await proxy.close()
})

async function register<T>(
  body: Record<string, unknown>,
  credential?: Record<string, string>,
): Promise<T> {
  const answer = await send(`${proxy.url}/user/alice/v3/oauth-clients`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(credential ?? basic('alice', alice.master_key)),
    },
    body: JSON.stringify(body),
  })
  if (answer.status !== 201) throw new Error(`POST oauth-clients: ${answer.status} ${answer.text}`)
  const { client_secret: secret } = answer.json<{ client_secret?: string }>()
  if (secret !== undefined) postern.keepSecret(secret)
  return answer.json<T>()
}

const users = (token: string, init: RequestInit = {}, path = '') =>
  send(`${proxy.url}/v3/users${path}`, {
    ...init,
    headers: { authorization: `Bearer ${token}`, ...init.headers },
  })
const ask = (body: string | URLSearchParams, headers: Record<string, string> = {}) =>
  send(`${proxy.url}/oauth/token`, { method: 'POST', headers, body })
const json = { 'content-type': 'application/json' }

async function programToken(): Promise<string> {
  const { client_id, client_secret } = program
  const body = { grant_type: 'client_credentials', client_id, client_secret }
  const token = (await ask(JSON.stringify(body), json)).json<{ access_token: string }>()
    .access_token
  postern.keepSecret(token)
  return token
}

describe('a program', () => {
  test.each([
    ['a form', 'form', false],
    ['JSON', 'json', false],
    ['Basic and a form', 'form', true],
    ['Basic and JSON', 'json', true],
  ])(
    'gets a token for a day by %s, as clients of the current platform ask for it',
    async (_, kind, isBasic) => {
      const { client_id, client_secret } = program
      const fields = {
        grant_type: 'client_credentials',
        audience: 'carto-cloud-native-api',
        ...(isBasic ? {} : { client_id, client_secret }),
      }
      const headers = isBasic ? basic(client_id, client_secret) : {}
      const answer = await (kind === 'form'
        ? ask(new URLSearchParams(fields), headers)
        : ask(JSON.stringify(fields), { ...json, ...headers }))
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store'])
      const { access_token: token, ...rest } = answer.json<{ access_token: string }>()
      postern.keepSecret(token)
      expect(rest).toEqual({ token_type: 'Bearer', expires_in: 86_400, scope: 'read:users' })
      expect((await users(token, {}, '/me')).json()).toMatchObject({
        account: 'alice',
        name: 'alice',
        scopes: ['read:users'],
      })
    },
  )

  test('has a token that a library understands', async () => {
    const client = { client_id: program.client_id }
    const response = await oauth.clientCredentialsGrantRequest(
      server,
      client,
      oauth.ClientSecretBasic(program.client_secret),
      {},
      insecure,
    )
    const result = await oauth.processClientCredentialsResponse(server, client, response)
    expect(result).toMatchObject({ token_type: 'bearer', expires_in: 86_400 })
  })

  test('does what its scopes say and nothing else, and opens no data', async () => {
    const token = await programToken()
    expect((await users(token)).status).toBe(200)
    const refused = await users(token, { method: 'POST', headers: json, body: '{}' })
    expect([refused.status, refused.json()]).toEqual([
      403,
      { error: 'The scope write:users is missing.', status: 403 },
    ])
    const sql = await send(`${proxy.url}/user/alice/api/v2/sql?q=select%201`, {
      headers: { authorization: `Bearer ${token}` },
    })
    expect(sql.status).toBe(403)
    const keys = await send(`${proxy.url}/api/v3/api_keys`, { headers: basic('alice', token) })
    expect(keys.status).toBe(403)
    expect(
      (
        await send(`${proxy.url}/user/demo/v3/users`, {
          headers: { authorization: `Bearer ${token}` },
        })
      ).status,
    ).toBe(401)
  })

  test.each([
    ['a wrong secret', 401, 'invalid_client', { client_secret: 'wrong' }],
    ['no secret', 401, 'invalid_client', { client_secret: undefined }],
    ['the id of nobody', 401, 'invalid_client', { client_id: 'nobody' }],
    ['a scope that it does not have', 400, 'invalid_scope', { scope: 'write:users' }],
    ['another grant type', 400, 'unsupported_grant_type', { grant_type: 'password' }],
    [
      'a grant type of others',
      400,
      'unauthorized_client',
      { grant_type: 'authorization_code', code: 'x' },
    ],
    ['no grant type', 400, 'invalid_request', { grant_type: undefined }],
    ['a list for a text', 400, 'invalid_request', { client_secret: ['x'] }],
    ['an object for a text', 400, 'invalid_request', { client_id: { $ne: '' } }],
    ['a number for a text', 400, 'invalid_request', { scope: 1 }],
  ])('with %s is refused in the words of OAuth', async (_, status, error, changes) => {
    const body = { grant_type: 'client_credentials', ...program, ...changes }
    const answer = await ask(JSON.stringify(body), json)
    expect([answer.status, answer.json()]).toEqual([
      status,
      { error, error_description: expect.any(String) },
    ])
    expect(answer.headers.get('www-authenticate') !== null).toBe(status === 401)
  })

  test.each([
    ['twice in a form', 'grant_type=client_credentials&grant_type=client_credentials', {}],
    ['no object', '[]', json],
    ['nothing', '', json],
    ['no JSON', '{', json],
  ])('that sends %s is told so', async (_, body, headers) => {
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    const answer = await ask(body, { ...form, ...headers })
    expect([answer.status, answer.json().error]).toEqual([400, 'invalid_request'])
  })

  test('that says who it is in two ways is refused, and so is one of another account', async () => {
    const fields = new URLSearchParams({ grant_type: 'client_credentials', ...program })
    const twice = await ask(fields, basic(program.client_id, program.client_secret))
    expect([twice.status, twice.json().error]).toEqual([400, 'invalid_request'])
    const elsewhere = await send(`${proxy.url}/user/demo/oauth/token`, {
      method: 'POST',
      body: fields,
    })
    expect([elsewhere.status, elsewhere.json().error]).toEqual([401, 'invalid_client'])
  })

  test('that is deleted has no token from that moment', async () => {
    const made = await postern.run(
      ...['oauth-client', 'create', 'alice', 'Short', '--scopes', 'read:users', '--json'],
    )
    const { client_id, client_secret } = JSON.parse(made.stdout) as typeof program
    postern.keepSecret(client_secret)
    const fields = { grant_type: 'client_credentials', client_id, client_secret }
    const token = (await ask(new URLSearchParams(fields))).json<{ access_token: string }>()
      .access_token
    expect((await users(token)).status).toBe(200)
    const deleted = await send(`${proxy.url}/v3/oauth-clients/${client_id}`, {
      method: 'DELETE',
      headers: owner.headers,
    })
    expect([deleted.status, deleted.headers.get('postern-receipt')]).toEqual([
      204,
      expect.stringMatching(/^epoch=\d+, nodes=1/),
    ])
    expect((await users(token)).status).toBe(401)
    expect((await ask(new URLSearchParams(fields))).status).toBe(401)
  })
})

/** What a browser does with a page: reads the form on it, and sends it on. */
type Form = { readonly action: string; readonly fields: Record<string, string> }

function formOf({ text }: Answer): Form {
  const unescaped = (value: string) =>
    value.replace(/&#(\d+);/g, (_, code) => String.fromCharCode(Number(code)))
  const action = unescaped(/<form method="post" action="([^"]*)">/.exec(text)?.[1] ?? '')
  const inputs = text.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)">/g)
  return {
    action,
    fields: Object.fromEntries(
      [...inputs].map(([, name = '', value = '']) => [name, unescaped(value)]),
    ),
  }
}

const visit = (url: URL | string, cookie?: string) =>
  send(String(url), { redirect: 'manual', headers: cookie === undefined ? {} : { cookie } })

function submit(form: Form, fields: Record<string, string>, headers: Record<string, string> = {}) {
  return send(new URL(form.action, proxy.url).href, {
    method: 'POST',
    redirect: 'manual',
    headers: { origin: new URL(proxy.url).origin, ...headers },
    body: new URLSearchParams({ ...form.fields, ...fields }),
  })
}

async function authorizationUrl(changes: Record<string, string | undefined> = {}) {
  const codeVerifier = oauth.generateRandomCodeVerifier()
  const url = new URL(server.authorization_endpoint ?? '')
  const parameters = {
    response_type: 'code',
    client_id: page.client_id,
    redirect_uri: redirectUri,
    scope: 'read:users',
    state: 'a "state"',
    code_challenge: await oauth.calculatePKCECodeChallenge(codeVerifier),
    code_challenge_method: 'S256',
    ...changes,
  }
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined) url.searchParams.set(name, value)
  }
  return { url, codeVerifier }
}

async function agree(): Promise<{ callback: URL; codeVerifier: string }> {
  const { url, codeVerifier } = await authorizationUrl()
  const { headers } = await submit(
    formOf(await visit(url, owner.cookie)),
    { decision: 'allow' },
    { cookie: owner.cookie },
  )
  const callback = new URL(headers.get('location') ?? '')
  postern.keepSecret(callback.searchParams.get('code') ?? '')
  return { callback, codeVerifier }
}

async function exchange({ callback, codeVerifier }: Awaited<ReturnType<typeof agree>>) {
  const parameters = oauth.validateAuthResponse(server, page, callback, 'a "state"')
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    page,
    oauth.None(),
    parameters,
    redirectUri,
    codeVerifier,
    insecure,
  )
  const tokens = await oauth.processAuthorizationCodeResponse(server, page, response)
  for (const token of [tokens.access_token, tokens.refresh_token]) postern.keepSecret(token ?? '')
  return tokens
}

describe('an application in a browser', () => {
  test('is let in by a user who signs in and agrees, by pages that hold nothing else', async () => {
    const { url, codeVerifier } = await authorizationUrl()
    const toSignIn = await visit(url)
    const signInPage = new URL(toSignIn.headers.get('location') ?? '', proxy.url)
    expect([toSignIn.status, signInPage.pathname]).toEqual([303, '/geo/api/sign-in'])
    expect(signInPage.searchParams.get('account')).toBe('alice')
    const next = signInPage.searchParams.get('next') ?? ''
    expect(next).toMatch(/^\/oauth\/authorize\?/)
    const { cookie } = await signIn(postern, 'alice', 'alice', alice.password)

    const consent = await visit(new URL(proxy.url + next), cookie)
    expect(consent.text).toContain('Let Map &#60;b&#62;editor&#60;/b&#62; act in your name?')
    expect(consent.status, consent.text).toBe(200)
    expect(consent.text).toContain('<li>See the users of the account</li>')
    expect(consent.text).not.toContain('<script')
    expect(consent.headers.get('content-security-policy')).toMatch(
      /^default-src 'none'; style-src 'sha256-[\w+/=]+'; form-action 'self' http:\/\/127.0.0.1:1; frame-ancestors 'none'; base-uri 'none'$/,
    )
    expect(consent.headers.get('x-frame-options')).toBe('DENY')
    const agreed = await submit(formOf(consent), { decision: 'allow' }, { cookie })
    expect(agreed.status).toBe(303)
    const callback = new URL(agreed.headers.get('location') ?? '')
    expect(`${callback.origin}${callback.pathname}`).toBe('http://127.0.0.1:1/back')
    expect(callback.searchParams.get('page')).toBe('1')

    const tokens = await exchange({ callback, codeVerifier })
    expect(tokens).toMatchObject({ expires_in: 3_600, scope: 'read:users' })
    expect((await users(tokens.access_token, {}, '/me')).json()).toMatchObject({ name: 'alice' })
    expect(
      (await users(tokens.access_token, { method: 'POST', headers: json, body: '{}' })).status,
    ).toBe(403)

    const refreshed = await oauth.processRefreshTokenResponse(
      server,
      page,
      await oauth.refreshTokenGrantRequest(
        server,
        page,
        oauth.None(),
        tokens.refresh_token ?? '',
        insecure,
      ),
    )
    postern.keepSecret(refreshed.access_token)
    expect((await users(refreshed.access_token)).status).toBe(200)
    const revoked = await oauth.revocationRequest(
      server,
      page,
      oauth.None(),
      refreshed.access_token,
      insecure,
    )
    await oauth.processRevocationResponse(revoked)
    expect((await users(refreshed.access_token)).status).toBe(401)
    expect((await users(tokens.access_token)).status).toBe(401)
  })

  test('asks from pages of its own: the token endpoint is open to them', async () => {
    const preflight = await send(`${proxy.url}/oauth/token`, { method: 'OPTIONS' })
    expect([preflight.status, preflight.headers.get('access-control-allow-origin')]).toEqual([
      200,
      '*',
    ])
    const answer = await ask('{}', { ...json, origin: 'https://maps.example.com' })
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    const consent = await visit((await authorizationUrl()).url, owner.cookie)
    expect(consent.headers.get('access-control-allow-origin')).toBeNull()
  })

  test('is told when the user says no', async () => {
    const form = formOf(await visit((await authorizationUrl()).url, owner.cookie))
    const { headers } = await submit(form, { decision: 'deny' }, { cookie: owner.cookie })
    const callback = new URL(headers.get('location') ?? '')
    expect(() => oauth.validateAuthResponse(server, page, callback, 'a "state"')).toThrow(
      expect.objectContaining({ error: 'access_denied' }),
    )
  })

  test.each([
    ['redirect_uri', 'http://127.0.0.1:1/back'],
    ['redirect_uri', `${redirectUri}&x=1`],
    ['redirect_uri', 'https://evil.example/'],
    ['redirect_uri', undefined],
    ['client_id', 'nobody'],
    ['client_id', undefined],
  ])('with the %s %s sends nobody anywhere', async (name, value) => {
    const { url } = await authorizationUrl({ [name]: value })
    for (const cookie of [undefined, owner.cookie]) {
      const answer = await visit(url, cookie)
      expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
    }
    const good = formOf(await visit((await authorizationUrl()).url, owner.cookie))
    const sent = { decision: 'allow', [name]: value ?? '' }
    const answer = await submit(good, sent, { cookie: owner.cookie })
    expect([answer.status, answer.headers.get('location')]).toEqual([400, null])
  })

  test.each([
    ['invalid_request', { code_challenge: undefined }],
    ['invalid_request', { code_challenge_method: 'plain' }],
    ['invalid_request', { code_challenge_method: undefined }],
    ['unsupported_response_type', { response_type: 'token' }],
    ['invalid_scope', { scope: 'write:connections' }],
  ])('gets %s for %j, whether anybody is signed in or not', async (error, changes) => {
    const { url } = await authorizationUrl(changes)
    const { status, headers } = await visit(url)
    const callback = new URL(headers.get('location') ?? '')
    expect([status, callback.searchParams.get('error')]).toEqual([303, error])
    expect(callback.searchParams.get('state')).toBe('a "state"')
    expect(callback.searchParams.has('code')).toBe(false)
  })

  test('is agreed to on our page alone: not without its token, not from elsewhere, not by link', async () => {
    const form = formOf(await visit((await authorizationUrl()).url, owner.cookie))
    const { cookie } = owner
    const other = await signIn(postern, 'alice', 'alice', alice.password)
    const attempts = await Promise.all([
      submit(form, { decision: 'allow', csrf_token: '' }, { cookie }),
      submit(form, { decision: 'allow', csrf_token: other.csrfToken }, { cookie }),
      submit(form, { decision: 'allow' }, { cookie, origin: 'https://evil.example' }),
      submit(form, { decision: 'allow' }, { cookie, origin: 'null' }),
    ])
    expect(attempts.map(({ status }) => status)).toEqual([403, 403, 403, 403])
    const { url } = await authorizationUrl({ decision: 'allow', csrf_token: owner.csrfToken })
    expect((await visit(url, cookie)).headers.get('location')).toBeNull()
  })

  test('of one account is agreed to by no user of another', async () => {
    const stranger = await signIn(postern, 'demo', 'demo', postern.demo.password)
    const { url } = await authorizationUrl()
    const answer = await visit(url, stranger.cookie)
    const place = new URL(answer.headers.get('location') ?? '', proxy.url)
    expect([answer.status, place.pathname, place.searchParams.get('account')]).toEqual([
      303,
      '/geo/api/sign-in',
      'alice',
    ])
    const form = formOf(await visit(url, owner.cookie))
    const sent = { decision: 'allow', csrf_token: stranger.csrfToken }
    const agreed = await submit(form, sent, { cookie: stranger.cookie })
    expect(agreed.headers.get('location')).toMatch(/^\/geo\/api\/sign-in\?/)
    expect((await visit(String(url).replace('/oauth/', '/user/demo/oauth/'))).status).toBe(400)
  })

  test('that comes twice with a code loses what it got', async () => {
    const agreed = await agree()
    const { access_token: token } = await exchange(agreed)
    expect((await users(token)).status).toBe(200)
    await expect(exchange(agreed)).rejects.toMatchObject({ error: 'invalid_grant' })
    expect((await users(token)).status).toBe(401)
  })

  test('without the verifier has nothing of a code', async () => {
    const agreed = await agree()
    const codeVerifier = oauth.generateRandomCodeVerifier()
    await expect(exchange({ ...agreed, codeVerifier })).rejects.toMatchObject({
      error: 'invalid_grant',
    })
  })

  test('is let out by the user, who sees what they have agreed to', async () => {
    const { access_token: token } = await exchange(await agree())
    const url = `${proxy.url}/v3/oauth-grants`
    type Grants = { oauth_grants: { id: string; client_name: string; scopes: string[] }[] }
    const { oauth_grants: grants } = (await send(url, { headers: owner.headers })).json<Grants>()
    expect(grants[0]).toMatchObject({ client_name: 'Map <b>editor</b>', scopes: ['read:users'] })
    expect((await send(url, { headers: { authorization: `Bearer ${token}` } })).status).toBe(403)
    const ended = await send(`${url}/${grants[0]?.id}`, {
      method: 'DELETE',
      headers: owner.headers,
    })
    expect(ended.status).toBe(204)
    expect((await users(token)).status).toBe(401)
  })
})

test('a real browser signs in, agrees and comes back, under the policy of our pages', async () => {
  // An origin of its own: what the policy lets the form lead to.
  const application = createServer((_request, response) => response.end('back'))
  await new Promise<void>((resolve) => application.listen(0, '127.0.0.1', resolve))
  const { port } = application.address() as AddressInfo
  const back = `http://127.0.0.1:${port}/back`
  const { client_id } = await register<typeof program>({
    name: 'Browser',
    kind: 'public',
    scopes: ['read:users'],
    redirect_uris: [back],
  })
  const browser = await launchChromium()
  try {
    const tab = await (await newContext(browser)).newPage()
    const refused: string[] = []
    tab.on('console', (message) => refused.push(message.text()))
    const { url } = await authorizationUrl({ client_id, redirect_uri: back })
    await tab.goto(url.href)
    await tab.getByLabel('User name or e-mail').fill('alice')
    await tab.getByLabel('Password').fill(alice.password)
    await tab.getByRole('button', { name: 'Sign in', exact: true }).click()
    await tab.getByRole('button', { name: 'Allow' }).click()
    await tab.waitForURL(`${back}?*`)
    const answered = new URL(tab.url())
    expect(answered.searchParams.get('state')).toBe('a "state"')
    postern.keepSecret(answered.searchParams.get('code') ?? '')
    expect(refused).toEqual([])
  } finally {
    await browser.close()
    application.close()
  }
})

describe('OAuth clients', () => {
  const clients = `/v3/oauth-clients`

  test('are managed by owners, and by nothing that opens data', async () => {
    const listed = await send(proxy.url + clients, { headers: owner.headers })
    expect(listed.text).not.toContain(program.client_secret)
    const names = listed.json<{ oauth_clients: { name: string }[] }>().oauth_clients
    expect(names.map(({ name }) => name)).toEqual(
      expect.arrayContaining(['Map <b>editor</b>', 'Nightly job']),
    )
    const key = await createKey(postern, alice, {})
    const refused = await send(`${proxy.url}${clients}`, { headers: basic('alice', key.token) })
    expect(refused.status).toBe(403)
  })

  test('cannot make clients that may do more than they may', async () => {
    const maker = await register<typeof program>({
      name: 'Maker',
      kind: 'm2m',
      scopes: ['read:oauth_clients', 'write:oauth_clients'],
    })
    const fields = { grant_type: 'client_credentials', ...idAndSecret(maker) }
    const { access_token: token } = (await ask(new URLSearchParams(fields))).json<{
      access_token: string
    }>()
    const bearer = { authorization: `Bearer ${token}` }
    await expect(
      register({ name: 'More', kind: 'm2m', scopes: ['write:users'] }, bearer),
    ).rejects.toThrow('scopes must be what you have yourself')
    await register({ name: 'As much', kind: 'm2m', scopes: ['read:oauth_clients'] }, bearer)
  })
})

function idAndSecret({ client_id, client_secret }: typeof program) {
  return { client_id, client_secret }
}
