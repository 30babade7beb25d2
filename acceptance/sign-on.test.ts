import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { getFreePort } from './support/free-port.ts'
import { type OpenIdProvider, startOpenIdProvider } from './support/openid-provider.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { type Answer, basic, send } from './support/requests.ts'

const client = { clientId: 'postern', clientSecret: randomUUID() }
let postern: Postern
let provider: OpenIdProvider
let alice: AccountCredentials
let awayAnswer: Answer

beforeAll(async () => {
  const port = await getFreePort()
  postern = await startPostern({
    POSTERN_OIDC_ISSUER: `http://127.0.0.1:${port}`,
    POSTERN_OIDC_CLIENT_ID: client.clientId,
    POSTERN_OIDC_CLIENT_SECRET: client.clientSecret,
  })
  postern.keepSecret(client.clientSecret)
  alice = await postern.createAccount('alice')
  awayAnswer = await browser().get('/session/sign-on?account=alice')
  provider = await startOpenIdProvider(port, client)
})
afterAll(async () => {
  await provider?.stop()
  await postern?.stop()
})

/** What a browser does with cookies and redirects, one step at a time. */
function browser(cookies = new Map<string, string>()) {
  const get = async (path: string, headers: Record<string, string> = {}): Promise<Answer> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const url = new URL(path, postern.url)
    const isOwn = url.origin === postern.url
    const answer = await send(url.href, {
      redirect: 'manual',
      headers: { ...(isOwn && cookie !== '' && { cookie }), ...headers },
    })
    for (const set of isOwn ? answer.headers.getSetCookie() : []) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(set) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    const session = cookies.get('postern_session')
    if (session !== undefined) postern.keepSecret(session)
    return answer
  }
  const placeOf = (answer: Answer) => answer.headers.get('location') ?? ''
  return {
    cookies,
    get,
    /** To the provider, and up to the address that it leads back to. */
    async begin(query: string): Promise<string> {
      const atProvider = await get(`/session/sign-on?${query}`)
      return placeOf(await get(placeOf(atProvider)))
    },
    /** All the way; answers where the browser is in the end. */
    async signOn(query: string): Promise<string> {
      return placeOf(await get(await this.begin(query)))
    },
    async session(): Promise<Record<string, unknown> | undefined> {
      const answer = await get('/session')
      return answer.status === 200 ? answer.json() : undefined
    },
  }
}

async function addUser(name: string, email: string): Promise<string> {
  const answer = await send(`${postern.url}/v3/users`, {
    method: 'POST',
    headers: { ...basic('alice', alice.master_key), 'content-type': 'application/json' },
    body: JSON.stringify({ name, email, level: 'editor' }),
  })
  const { id, password } = answer.json<{ id: string; password: string }>()
  postern.keepSecret(password)
  return id
}

const refused = (code: string) => expect.stringContaining(`/sign-in?refusal=${code}`)

beforeEach(() => {
  provider.claims = { sub: randomUUID(), email: 'nobody@example.com', email_verified: true }
})

test('a provider that is away is said to be so, and asked again when it is there', async () => {
  expect([awayAnswer.status, awayAnswer.headers.get('location')]).toEqual([
    303,
    refused('sign_on_unavailable'),
  ])
  const ways = await send(`${postern.url}/session/ways`)
  expect(ways.json()).toEqual({ password: true, oidc: true })
})

describe('signing in with the provider', () => {
  test('is for the user with the address that it has verified, and leads on to the page', async () => {
    await addUser('Eva', 'Eva@example.com')
    provider.claims = { sub: 'eva', email: 'eva@EXAMPLE.com', email_verified: true }
    const chrome = browser()
    expect(await chrome.signOn('account=alice&next=%2Fdata%3Fschema%3Dpublic')).toBe(
      '/data?schema=public',
    )
    expect(await chrome.session()).toMatchObject({
      account: 'alice',
      user: { name: 'Eva', level: 'editor' },
      sign_in_by: 'oidc',
      confirmed_until: null,
    })
    const asked = provider.asked.at(-1)
    expect(asked?.get('code_challenge_method')).toBe('S256')
    expect(asked?.get('prompt')).toBeNull()
  })

  test('stays with who they are there, whatever their address is later', async () => {
    await addUser('Ada', 'ada@example.com')
    provider.claims = { sub: 'ada', email: 'ada@example.com', email_verified: true }
    await browser().signOn('account=alice')
    provider.claims = { sub: 'ada', email: 'eva@example.com', email_verified: true }
    const chrome = browser()
    await chrome.signOn('account=alice')
    expect(await chrome.session()).toMatchObject({ user: { name: 'Ada' } })
    provider.claims = { sub: 'another', email: 'ada@example.com', email_verified: true }
    expect(await browser().signOn('account=alice')).toEqual(refused('sign_on_refused'))
  })

  test('makes nobody a user, and says the same whatever is missing', async () => {
    const before = (await listed()).length
    const places = [
      await browser().signOn('account=alice'),
      await browser().signOn('account=nobody'),
    ]
    await addUser('Kim', 'kim@example.com')
    for (const email_verified of [false, 'true', undefined]) {
      provider.claims = { sub: randomUUID(), email: 'kim@example.com', email_verified }
      places.push(await browser().signOn('account=alice'))
    }
    expect(new Set(places)).toEqual(new Set(['/sign-in?refusal=sign_on_refused&next=%2F']))
    expect((await listed()).length).toBe(before + 1)
  })

  test('takes over no session that was there before, and ends it', async () => {
    await addUser('Fay', 'fay@example.com')
    provider.claims = { sub: 'fay', email: 'fay@example.com', email_verified: true }
    const first = browser()
    await first.signOn('account=alice')
    const before = first.cookies.get('postern_session') ?? ''
    const fixed = browser(new Map([['postern_session', before]]))
    await fixed.signOn('account=alice')
    expect(fixed.cookies.get('postern_session')).not.toBe(before)
    expect(await first.session()).toBeUndefined()
    expect(await fixed.session()).toMatchObject({ user: { name: 'Fay' } })
  })

  test.each([
    '//evil.example/x',
    'https://evil.example',
    '/\\evil.example',
    '/\t/evil.example',
    '/.//evil.example',
  ])('does not lead on to %j', async (next) => {
    provider.claims = { sub: 'eva' }
    expect(await browser().signOn(`account=alice&${new URLSearchParams({ next })}`)).toBe('/')
  })
})

describe('an answer of the provider', () => {
  test.each([
    ['to another browser', async (address: string) => browser().get(address)],
    [
      'with another state',
      async (address: string, cookies: Map<string, string>) =>
        browser(cookies).get(address.replace(/state=[^&]*/, 'state=x')),
    ],
    [
      'that is used again',
      async (address: string, cookies: Map<string, string>) => {
        const kept = new Map(cookies)
        await browser(cookies).get(address)
        return browser(kept).get(address)
      },
    ],
    [
      'with a cookie that somebody has written',
      async (address: string) => browser(new Map([['postern_sign_on', 'x.e30']])).get(address),
    ],
    [
      'to what another browser has asked',
      async (address: string) => {
        const other = browser()
        await other.begin('account=alice')
        return other.get(address)
      },
    ],
  ])('%s signs nobody in', async (_, use) => {
    provider.claims = { sub: 'eva' }
    const chrome = browser()
    const address = await chrome.begin('account=alice')
    const answer = await use(address, chrome.cookies)
    expect(answer.headers.get('location')).toEqual(refused('sign_on_failed'))
    expect(answer.headers.getSetCookie().join()).not.toContain('postern_session=p')
  })

  test.each([
    ['with another nonce', { nonce: 'x' }],
    ['for somebody without a subject', { sub: undefined }],
  ])('%s signs nobody in', async (_, claims) => {
    provider.claims = { sub: 'eva', ...claims }
    expect(await browser().signOn('account=alice')).toEqual(refused('sign_on_failed'))
  })
})

test('only pages of this server begin it', async () => {
  const answer = await browser().get('/session/sign-on?account=alice', {
    'sec-fetch-site': 'cross-site',
  })
  expect(answer.headers.get('location')).toEqual(refused('foreign_request'))
})

test('confirms a session by signing in there anew, as the same user', async () => {
  await addUser('Gil', 'gil@example.com')
  const authTime = () => Math.floor(Date.now() / 1_000)
  provider.claims = { sub: 'gil', email: 'gil@example.com', email_verified: true }
  const chrome = browser()
  await chrome.signOn('account=alice')
  // Without saying when they have signed in there, long ago, or as somebody else.
  for (const [claims, code] of [
    [{ sub: 'gil' }, 'sign_on_failed'],
    [{ sub: 'gil', auth_time: authTime() - 3_600 }, 'sign_on_failed'],
    [{ sub: 'eva', auth_time: authTime() }, 'sign_on_refused'],
  ] as const) {
    provider.claims = claims
    expect(await chrome.signOn('confirm=true&next=%2Faccount')).toEqual(refused(code))
    expect(await chrome.session()).toMatchObject({ confirmed_until: null })
  }
  provider.claims = { sub: 'gil', auth_time: authTime() }
  expect(await chrome.signOn('confirm=true&next=%2Faccount')).toBe('/account')
  expect(provider.asked.at(-1)?.get('prompt')).toBe('login')
  expect(await chrome.session()).toMatchObject({
    user: { name: 'Gil' },
    confirmed_until: expect.any(String),
  })
  const stranger = await browser().get('/session/sign-on?confirm=true')
  expect(stranger.headers.get('location')).toEqual(refused('not_signed_in'))
})

async function listed(): Promise<unknown[]> {
  const answer = await send(`${postern.url}/v3/users`, {
    headers: basic('alice', alice.master_key),
  })
  return answer.json<{ users: unknown[] }>().users
}
