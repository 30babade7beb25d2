import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { type Answer, basic, createKey, send } from './support/requests.ts'
import { confirm, type SignedIn, signIn } from './support/sign-in.ts'

let postern: Postern
let alice: AccountCredentials
let owner: SignedIn

beforeAll(async () => {
  postern = await startPostern()
  alice = await postern.createAccount('alice')
  owner = await signIn(postern, 'alice', 'alice', alice.password)
  await confirm(postern, owner, alice.password)
})
afterAll(() => postern.stop())

type User = { readonly id: string; readonly name: string; readonly password: string }

async function addByCommand(level: string): Promise<User> {
  const options = ['--level', level, '--json']
  const { code, stdout, stderr } = await postern.run('user', 'add', 'alice', level, ...options)
  if (code !== 0) throw new Error(stderr)
  return known(JSON.parse(stdout))
}

async function add(name: string, level: string): Promise<User> {
  const { headers } = json({})
  const body = JSON.stringify({ name, level })
  const answer = await users({ method: 'POST', headers: { ...owner.headers, ...headers }, body })
  return known(answer.json<User>())
}

/** A user whose password must never be found in what the server writes. */
function known(user: User): User {
  postern.keepSecret(user.password)
  return user
}

const session = (init: RequestInit = {}) => send(`${postern.url}/session`, init)
const users = (init: RequestInit = {}, path = '') => send(`${postern.url}/v3/users${path}`, init)
const json = (body: unknown) => ({
  method: 'POST',
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify(body),
})

describe('signing in', () => {
  test('hands the browser a cookie that no script reads, and says who it is', async () => {
    const sent = json({ account: 'alice', user: 'alice', password: alice.password })
    const answer = await session(sent)
    expect(answer.status, answer.text).toBe(200)
    const cookie = answer.headers.get('set-cookie') ?? ''
    expect(cookie).toMatch(
      /^postern_session=psts\w{28}; Path=\/; Max-Age=604800; HttpOnly; SameSite=Lax$/,
    )
    expect(answer.headers.get('cache-control')).toBe('no-store')
    expect(answer.json()).toMatchObject({
      account: 'alice',
      user: { name: 'alice', email: null, level: 'owner' },
    })
    expect(answer.text).not.toContain('psts')
    const own = (await session({ headers: { cookie: owner.cookie } })).json()
    expect(own).toMatchObject({ account: 'alice', csrf_token: owner.csrfToken })
  })

  test('works where the address names the account, and where both do they must agree', async () => {
    const body = { user: 'alice', password: alice.password }
    const at = (account: string, more = {}) =>
      send(`${postern.url}/user/${account}/session`, json({ ...body, ...more }))
    expect((await at('alice')).status).toBe(200)
    expect((await at('demo', { account: 'alice' })).status).toBe(403)
  })

  test('answers the same for whatever is wrong, and later for nobody', async () => {
    const wrong = [
      { account: 'alice', user: 'alice', password: 'wrong' },
      { account: 'alice', user: 'nobody', password: alice.password },
      { account: 'demo', user: 'alice', password: alice.password },
      { account: 'nobody', user: 'alice', password: alice.password },
    ]
    const answers = await Promise.all(wrong.map((body) => session(json(body))))
    expect(new Set(answers.map((answer) => `${answer.status} ${answer.text}`))).toEqual(
      new Set(['401 {"error":"The account, the user or the password is wrong.","status":401}']),
    )
    for (const user of ['victim', 'alice ']) {
      const body = json({ account: 'alice', user, password: 'wrong' })
      let last: Answer = await session(body)
      for (let tries = 0; tries < 9 && last.status !== 429; tries += 1) last = await session(body)
      expect(last.status).toBe(429)
      expect(Number(last.headers.get('retry-after'))).toBeGreaterThan(0)
    }
  })

  test.each([
    ['nothing', {}],
    ['no password', { account: 'alice', user: 'alice' }],
    ['a list', { account: 'alice', user: ['alice'], password: ['x'] }],
    ['an object', { account: 'alice', user: 'alice', password: { $ne: '' } }],
    ['no object', 'alice'],
  ])('with %s is refused as a bad request', async (_, body) => {
    expect((await session(json(body))).status).toBe(400)
  })

  test('from a page of another site is refused, with the right password too', async () => {
    const sent = json({ account: 'alice', user: 'alice', password: alice.password })
    for (const origin of ['https://evil.example', 'null', 'http://127.0.0.1']) {
      const answer = await session({ ...sent, headers: { ...sent.headers, origin } })
      expect([answer.status, answer.headers.get('set-cookie')]).toEqual([403, null])
    }
    expect(
      (await session({ ...sent, headers: { ...sent.headers, origin: postern.url } })).status,
    ).toBe(200)
  })

  test('takes over no session that was there before, and ends it', async () => {
    const before = await signIn(postern, 'alice', 'alice', alice.password)
    const sent = json({ account: 'alice', user: 'alice', password: alice.password })
    const fixed = 'postern_session=psts0000000000000000000000000000'
    for (const cookie of [before.cookie, fixed]) {
      const answer = await session({ ...sent, headers: { ...sent.headers, cookie } })
      expect(answer.status).toBe(200)
      expect(answer.headers.get('set-cookie')).not.toContain(cookie)
      expect((await session({ headers: { cookie } })).status).toBe(401)
    }
  })
})

describe('a session', () => {
  test('ends by signing out, which needs its token', async () => {
    const { cookie, csrfToken } = await signIn(postern, 'alice', 'alice', alice.password)
    expect((await session({ method: 'DELETE', headers: { cookie } })).status).toBe(403)
    const headers = { cookie, 'x-csrf-token': csrfToken }
    const answer = await session({ method: 'DELETE', headers })
    expect([answer.status, answer.headers.get('set-cookie')]).toEqual([
      204,
      'postern_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax',
    ])
    expect((await session({ headers: { cookie } })).status).toBe(401)
  })

  test('is confirmed by the password of its user, for ten minutes', async () => {
    const { cookie, headers } = await signIn(postern, 'alice', 'alice', alice.password)
    const confirmAs = (by: Record<string, string>, password: unknown) => {
      const sent = json({ password })
      return send(`${postern.url}/session/confirm`, {
        ...sent,
        headers: { ...sent.headers, ...by },
      })
    }
    const before = (await session({ headers: { cookie } })).json<object>()
    expect(before).toMatchObject({ confirmed_until: null, sign_in_by: 'password' })
    const answers = [
      await confirmAs({ cookie }, alice.password),
      await confirmAs({ ...headers, origin: 'https://evil.example' }, alice.password),
      await confirmAs(headers, ['x']),
      await confirmAs(headers, 'wrong'),
      await confirmAs(basic('alice', alice.master_key), alice.password),
    ]
    expect(answers.map(({ status }) => status)).toEqual([403, 403, 400, 403, 401])
    expect((await session({ headers: { cookie } })).json()).toEqual({
      ...before,
      expires_at: expect.any(String),
    })
    const confirmed = await confirmAs(headers, alice.password)
    expect(confirmed.status, confirmed.text).toBe(200)
    const leftMs =
      Date.parse(confirmed.json<{ confirmed_until: string }>().confirmed_until) - Date.now()
    expect(leftMs).toBeGreaterThan(0)
    expect(leftMs).toBeLessThanOrEqual(600_000)
    expect((await session({ headers: { cookie } })).json()).toMatchObject({
      confirmed_until: confirmed.json().confirmed_until,
    })
  })

  test('changes nothing for a page of another site, nor without its token', async () => {
    const change = (
      headers: Record<string, string>,
      body: unknown = { name: 'x', level: 'owner' },
    ) => users({ ...json(body), headers: { 'content-type': 'application/json', ...headers } })
    const { cookie, csrfToken } = owner
    const other = await signIn(postern, 'alice', 'alice', alice.password)
    for (const headers of [
      { cookie },
      { cookie, 'x-csrf-token': other.csrfToken },
      { cookie, 'x-csrf-token': csrfToken, origin: 'https://evil.example' },
    ]) {
      expect((await change(headers)).status).toBe(403)
    }
    const form = new URLSearchParams({ name: 'x', level: 'owner' })
    expect((await users({ method: 'POST', headers: { cookie }, body: form })).status).toBe(403)
    expect((await users({ headers: { cookie } })).text).not.toContain('"x"')
  })

  test('opens no data, and its token is worth nothing but in its cookie', async () => {
    const token = owner.cookie.replace(/^.*=/, '')
    const q = 'select%201'
    for (const headers of [basic('alice', token), { authorization: `Bearer ${token}` }]) {
      const answer = await send(`${postern.url}/api/v2/sql?q=${q}`, { headers })
      expect(answer.status).toBe(401)
      expect((await users({ headers })).status).toBe(401)
    }
    // Of a page's request for data the cookie says nothing: it is the public's.
    const asPublic = await send(`${postern.url}/user/alice/api/v2/sql?q=${q}`, {
      headers: { cookie: owner.cookie },
    })
    expect(asPublic.status).toBe(200)
    const datasets = await send(`${postern.url}/user/alice/api/v4/datasets`, {
      headers: { cookie: owner.cookie },
    })
    expect(datasets.status).toBe(401)
  })

  test('of one account is nobody in another', async () => {
    const headers = { cookie: owner.cookie }
    expect((await send(`${postern.url}/user/demo/session`, { headers })).status).toBe(401)
    expect((await send(`${postern.url}/user/demo/v3/users`, { headers })).status).toBe(401)
    expect((await send(`${postern.url}/user/alice/v3/users`, { headers })).status).toBe(200)
  })
})

describe('the audit log', () => {
  type Event = {
    readonly action: string
    readonly actor: Readonly<Record<string, string | null>>
    readonly target: { readonly name: string | null }
  }
  const read = (headers: Readonly<Record<string, string>>, path = '') =>
    send(`${postern.url}/v3/audit-events${path}`, { headers })
  const find = async (headers: Readonly<Record<string, string>>, query: string) => {
    const answer = await read(headers, query)
    expect(answer.status, answer.text).toBe(200)
    return answer.json<{ events: Event[]; next_cursor: string | null }>()
  }

  test('tells owners who changed what, from where, and nobody else', async () => {
    const key = await createKey(postern, alice, {})
    const { events } = await find(owner.headers, `?target=${encodeURIComponent(key.name)}`)
    expect(events).toMatchObject([
      {
        action: 'api_key.create',
        actor: { kind: 'master_key', name: 'Master', network: '127.0.0.1' },
        target: { name: key.name },
      },
    ])
    const demo = await find(basic('demo', postern.demo.master_key), '?limit=1000')
    expect(demo.events.map(({ target }) => target.name)).not.toContain(key.name)
    expect((await read(basic('alice', key.token))).status).toBe(403)
    const { name, password } = await add('looks-on', 'editor')
    const editor = await signIn(postern, 'alice', name, password)
    const refused = await read(editor.headers)
    expect([refused.status, refused.json().error]).toEqual([403, 'An editor may not do this.'])
    expect((await read(editor.headers, '/export')).status).toBe(403)
    expect((await send(`${postern.url}/v3/activity`, { headers: editor.headers })).status).toBe(200)
  })

  test('keeps failed sign-ins, and not what was typed for a name that nobody has', async () => {
    const typed = 'a-password-in-the-wrong-field'
    await session(json({ account: 'alice', user: typed, password: 'x' }))
    const { events } = await find(owner.headers, '?action=session.refuse')
    expect(events[0]).toMatchObject({ actor: { kind: 'nobody', network: '127.0.0.1' } })
    expect(JSON.stringify(events)).not.toContain(typed)
  })

  test('is read page by page, and downloaded whole', async () => {
    const first = await find(owner.headers, '?limit=2')
    const second = await find(owner.headers, `?limit=1000&cursor=${first.next_cursor}`)
    const all = [...first.events, ...second.events]
    expect(second.next_cursor).toBeNull()
    const json = await read(owner.headers, '/export?format=json')
    expect(json.json()).toEqual(all)
    const csv = await read(owner.headers, '/export?format=csv')
    expect(csv.text.trimEnd().split('\r\n')).toHaveLength(all.length + 1)
    expect(csv.headers.get('content-type')).toMatch(/^text\/csv/)
    expect(csv.headers.get('content-disposition')).toMatch(
      /^attachment; filename="audit-log-[\d-]{10}\.csv"$/,
    )
    expect((await read(owner.headers, '?action=nothing')).status).toBe(400)
  })
})

describe('users', () => {
  test('are added, shown, changed and deleted by an owner', async () => {
    const { headers } = owner
    const made = await users({
      ...json({ name: 'Eva', level: 'editor' }),
      headers: { ...headers, 'content-type': 'application/json' },
    })
    expect(made.status, made.text).toBe(201)
    const { password, ...eva } = made.json<User & { level: string }>()
    postern.keepSecret(password)
    expect(eva).toMatchObject({ name: 'Eva', level: 'editor', email: null })
    const signedIn = await signIn(postern, 'alice', 'eva', password)

    const changed = await users(
      {
        method: 'PATCH',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify({ level: 'viewer', email: 'eva@example.com' }),
      },
      `/${eva.id}`,
    )
    expect(changed.json()).toMatchObject({ level: 'viewer', email: 'eva@example.com' })
    const me = (await users({ headers: signedIn.headers }, '/me')).json<{ scopes: string[] }>()
    expect(me).toMatchObject({ account: 'alice', name: 'Eva', level: 'viewer' })
    expect(me.scopes).toContain('read:tokens')
    expect(me.scopes.filter((scope) => !scope.startsWith('read:'))).toEqual([])

    const listed = (await users({ headers })).json<{ users: User[] }>()
    expect(listed.users.map(({ name }) => name)).toEqual(expect.arrayContaining(['alice', 'Eva']))
    const deleted = await users({ method: 'DELETE', headers }, `/${eva.id}`)
    expect(deleted.status).toBe(204)
    expect(deleted.headers.get('postern-receipt')).toMatch(/^epoch=\d+, nodes=1/)
    expect((await users({ headers: signedIn.headers }, '/me')).status).toBe(401)
    expect((await users({ method: 'DELETE', headers }, `/${eva.id}`)).status).toBe(404)
  })

  test("take their access tokens with them, and nobody else's", async () => {
    const eva = await add('Eva', 'editor')
    const { headers } = await signIn(postern, 'alice', 'Eva', eva.password)
    const tokenOf = async (by: Readonly<Record<string, string>>) => {
      const answer = await send(`${postern.url}/v3/tokens`, {
        ...json({
          allowed_apis: ['sql'],
          grants: [{ connection_name: 'default', source: 'select 1 as one' }],
        }),
        headers: { ...by, 'content-type': 'application/json' },
      })
      const { token } = answer.json<{ token: string }>()
      postern.keepSecret(token)
      return token
    }
    const [hers, theirs] = [await tokenOf(headers), await tokenOf(owner.headers)]
    const ask = (token: string) =>
      send(`${postern.url}/v3/sql/default/query?q=select%201%20as%20one`, {
        headers: { authorization: `Bearer ${token}` },
      })
    expect([(await ask(hers)).status, (await ask(theirs)).status]).toEqual([200, 200])
    const deleted = await users({ method: 'DELETE', headers: owner.headers }, `/${eva.id}`)
    expect(deleted.status, deleted.text).toBe(204)
    expect([(await ask(hers)).status, (await ask(theirs)).status]).toEqual([401, 200])
  })

  test('of other levels are told so, whoever they try to be', async () => {
    // One of them by the command line, whose own start takes a while.
    for (const level of ['editor', 'viewer'] as const) {
      const { id, name, password } = await (level === 'editor'
        ? addByCommand(level)
        : add(level, level))
      const { headers } = await signIn(postern, 'alice', name, password)
      const body = JSON.stringify({ level: 'owner' })
      const asked = { headers: { ...headers, 'content-type': 'application/json' } }
      const answers = [
        await users(asked),
        await users({ ...asked, method: 'PATCH', body }, `/${id}`),
        await users({ ...asked, method: 'DELETE' }, `/${id}`),
      ]
      for (const { status, text } of answers) {
        expect([status, JSON.parse(text)]).toEqual([
          403,
          { error: `A${level === 'editor' ? 'n' : ''} ${level} may not do this.`, status: 403 },
        ])
      }
    }
  })

  test('are added, changed and deleted in a session that was confirmed, and in no other', async () => {
    const { headers } = await signIn(postern, 'alice', 'alice', alice.password)
    const { id } = (await users({ headers }, '/me')).json<User>()
    const sent = (body: unknown) => ({
      ...json(body),
      headers: { ...headers, 'content-type': 'application/json' },
    })
    const invitation = { email: 'x@example.com', level: 'owner' }
    const answers = [
      await users(sent({ name: 'x', level: 'owner' })),
      await users({ ...sent({ level: 'owner' }), method: 'PATCH' }, `/${id}`),
      await users({ method: 'DELETE', headers }, `/${id}`),
      await users({ ...sent({ password: 'a new password' }), method: 'PATCH' }, '/me'),
      await users({ method: 'POST', headers }, '/me/second-factor'),
      await users({ method: 'DELETE', headers }, '/me/second-factor'),
      await users({ method: 'DELETE', headers }, `/${id}/second-factor`),
      await send(`${postern.url}/v3/invitations`, sent(invitation)),
    ]
    for (const { status, headers: said } of answers) {
      expect([status, said.get('postern-error')]).toEqual([403, 'confirmation_needed'])
    }
  })

  test('change their own password, which ends their other sessions', async () => {
    const eva = await add('Eva', 'viewer')
    const { headers } = await signIn(postern, 'alice', 'Eva', eva.password)
    const other = await signIn(postern, 'alice', 'Eva', eva.password)
    const change = (body: unknown) =>
      users(
        {
          ...json(body),
          method: 'PATCH',
          headers: { ...headers, 'content-type': 'application/json' },
        },
        '/me',
      )
    const password = 'a password of her own'
    postern.keepSecret(password)
    expect((await change({ password, current_password: 'wrong' })).status).toBe(403)
    const changed = await change({ password, current_password: eva.password, name: 'Eva M.' })
    expect([changed.status, changed.json<User>().name]).toEqual([200, 'Eva M.'])
    expect((await session({ headers: other.headers })).status).toBe(401)
    expect((await session({ headers })).status).toBe(200)
    const again = await signIn(postern, 'alice', 'Eva M.', password)
    const listed = (await users({ headers }, '/me/sessions')).json()
    expect(listed).toMatchObject({
      sessions: [{ is_current: false }, { is_current: true, network: '127.0.0.1' }],
    })
    expect((await users({ method: 'DELETE', headers }, '/me/sessions')).status).toBe(204)
    expect((await session({ headers: again.headers })).status).toBe(401)
    await users({ method: 'DELETE', headers: owner.headers }, `/${eva.id}`)
  })

  test('are invited by a link, whose secret no server is ever sent in an address', async () => {
    const asked = json({ email: 'eva@example.com', level: 'viewer' })
    const made = await send(`${postern.url}/v3/invitations`, {
      ...asked,
      headers: { ...owner.headers, ...asked.headers },
    })
    expect(made.status, made.text).toBe(201)
    const url = new URL(made.json<{ url: string }>().url)
    expect([url.origin + url.pathname, url.search]).toEqual([`${postern.url}/invitation`, ''])
    const token = url.hash.slice(1)
    postern.keepSecret(token)
    const at = (path: string, body: unknown, headers = {}) => {
      const sent = json(body)
      const init = { ...sent, headers: { ...sent.headers, ...headers } }
      return send(`${postern.url}/session/invitation${path}`, init)
    }
    expect((await at('', { token })).json()).toMatchObject({ account: 'alice', level: 'viewer' })
    const given = { token, name: 'Eva', password: 'a password of her own' }
    const foreign = await at('/accept', given, { origin: 'https://evil.example' })
    expect([foreign.status, foreign.headers.get('set-cookie')]).toEqual([403, null])
    const accepted = await at('/accept', given)
    expect([accepted.status, accepted.json()]).toMatchObject([
      200,
      { account: 'alice', user: { name: 'Eva', email: 'eva@example.com', level: 'viewer' } },
    ])
    const cookie = accepted.headers.get('set-cookie')?.split(';')[0] ?? ''
    postern.keepSecret(cookie.replace(/^.*=/, ''))
    expect((await session({ headers: { cookie } })).status).toBe(200)
    expect((await at('/accept', { ...given, name: 'Eve' })).status).toBe(404)
    expect((await at('', { token })).status).toBe(404)
  })

  test('are managed with the master key, and with no other key', async () => {
    const listed = await users({ headers: basic('alice', alice.master_key) })
    expect(listed.status).toBe(200)
    const key = await createKey(postern, alice, {})
    const refused = await users({ headers: basic('alice', key.token) })
    expect([refused.status, refused.json().error]).toEqual([
      403,
      expect.stringContaining('manages nothing'),
    ])
    expect((await users()).status).toBe(401)
  })

  test('cannot be all gone: the last owner stays', async () => {
    const { id } = (await users({ headers: owner.headers }, '/me')).json()
    const answer = await users({ method: 'DELETE', headers: owner.headers }, `/${id}`)
    expect([answer.status, answer.json().error]).toEqual([
      409,
      'An account keeps at least one owner.',
    ])
  })
})
