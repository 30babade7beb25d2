import { createHash, randomBytes } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import { insertTestAccount } from '../../test/credentials.ts'
import { administratorOf, controlContext, createTestUser } from '../../test/users.ts'
import { findOAuthAccess } from '../credential/find-oauth-access.ts'
import { findSession } from '../credential/find-session.ts'
import { type Scope, scopes } from '../credential/manager.ts'
import type { Principal } from '../credential/principal.ts'
import { levelRights } from '../policy/user-levels.ts'
import { createInFlightRequests } from '../revocation/in-flight.ts'
import type { AccountUser } from '../store/account-users.ts'
import type { Account } from '../store/accounts.ts'
import { inTransaction } from '../store/database.ts'
import type { OAuthClient } from '../store/oauth-clients.ts'
import { listOAuthGrantsOf } from '../store/oauth-grants.ts'
import { newRingKey } from '../token/key-ring.ts'
import type { CommandContext } from './context.ts'
import { createOAuthClient } from './create-oauth-client.ts'
import { deleteOAuthClient } from './delete-oauth-client.ts'
import { deleteUser } from './delete-user.ts'
import { endOAuthGrant, endOAuthToken } from './end-oauth-grant.ts'
import { grantOAuth } from './grant-oauth.ts'
import { issueForCode, issueForProgram, issueForRefreshToken } from './issue-oauth-tokens.ts'
import { mustStillHold } from './must-still-hold.ts'
import { signIn, signOut } from './sign-in.ts'
import { updateUser } from './update-user.ts'
import { verifyOAuthClient } from './verify-oauth-client.ts'

const key = newRingKey(randomBytes)
const ring = { current: key, keys: [key] }
const hourMs = 3_600_000
const redirectUri = 'https://maps.example.com/back'
const codeVerifier = 'a'.repeat(43)
const codeChallenge = createHash('sha256').update(codeVerifier).digest('base64url')
const invalidGrant = { code: 'oauth_invalid_grant' }

let control: TestControlDatabase
let context: CommandContext
let nowMs: number
let account: Account
let ann: AccountUser
let session: Principal
let page: OAuthClient
let otherPage: OAuthClient

beforeAll(async () => {
  control = await createControlDatabase()
  nowMs = Date.now()
  context = controlContext(control.store, ring, () => new Date(nowMs))
  account = await insertTestAccount(control.store, ring, { name: 'demo' })
  await createTestUser(context, account, 'owner')
})
afterAll(() => control.close())
beforeEach(async () => {
  nowMs = Date.now()
  const made = await createTestUser(context, account, 'editor')
  ann = made.user
  session = await signedIn(made.user.name, made.password)
  page = await register('public')
  otherPage = await register('public')
})

async function signedIn(user: string, password: string): Promise<Principal> {
  const outcome = await signIn(context, { account: 'demo', user, password, network: '192.0.2.1' })
  const token = 'token' in outcome ? outcome.token : ''
  const found = await findSession(control.store, token, new Date(nowMs))
  if (found === undefined) throw new Error('Nobody is signed in.')
  return found.principal
}

async function register(kind: 'm2m' | 'public', wanted: readonly Scope[] = scopes) {
  const registrar = { ...administratorOf(account), userId: ann.id, scopes }
  const { client, secret } = await createOAuthClient(context, registrar, {
    name: randomBytes(6).toString('hex'),
    kind,
    scopes: wanted,
    redirectUris: kind === 'public' ? [redirectUri] : [],
  })
  return Object.assign(client, { secret })
}

const asked = { redirectUri, scopes, codeChallenge, state: undefined }
const consent = () => grantOAuth(context, session, page, asked)
const exchange = (code: string, changes = {}, client = page) =>
  issueForCode(context, client, { code, redirectUri, codeVerifier, ...changes })
const refresh = (refreshToken: string | undefined, wanted: readonly string[] = [], client = page) =>
  issueForRefreshToken(context, client, { refreshToken: refreshToken ?? '', scopes: wanted })
const principalOf = async (token: string) =>
  (await findOAuthAccess(control.store, token))?.principal
const grants = () => listOAuthGrantsOf(control.store, ann.id, new Date(nowMs))

describe('a code', () => {
  it('becomes tokens that stand for the user, with what both the user and the client may', async () => {
    const issued = await exchange(await consent())
    expect(issued).toMatchObject({ expiresInSeconds: 3_600 })
    expect(await principalOf(issued.accessToken)).toMatchObject({
      kind: 'oauth',
      accountName: 'demo',
      credentialName: page.name,
      allowedApis: [],
      role: '',
      mayWrite: false,
      user: { id: ann.id, level: 'editor' },
    })
    // Of all scopes that the client has, an editor has these.
    expect([...issued.scopes].sort()).toEqual([...levelRights.editor.scopes].sort())
  })

  it('is kept nowhere in clear, and no token is', async () => {
    const code = await consent()
    const { accessToken, refreshToken = '' } = await exchange(code)
    const { rows } = await control.store.query(
      `select encode(token_hash, 'escape') || t::text as kept from oauth_token t
       union all select c::text from oauth_client c`,
    )
    for (const secret of [code, accessToken, refreshToken]) {
      expect(JSON.stringify(rows)).not.toContain(secret.slice(4))
    }
  })

  it.each([
    ['another verifier', { codeVerifier: 'b'.repeat(43) }],
    ['the challenge for a verifier', { codeVerifier: codeChallenge }],
    ['no verifier', { codeVerifier: '' }],
    ['another address', { redirectUri: `${redirectUri}/` }],
    ['no address', { redirectUri: '' }],
  ])('is used up by an attempt with %s, which ends the grant', async (_, changes) => {
    const code = await consent()
    await expect(exchange(code, changes)).rejects.toMatchObject(invalidGrant)
    await expect(exchange(code)).rejects.toMatchObject(invalidGrant)
    expect(await grants()).toEqual([])
  })

  it('is worth nothing to another client, and to nobody after that', async () => {
    const code = await consent()
    await expect(exchange(code, {}, otherPage)).rejects.toMatchObject(invalidGrant)
    await expect(exchange(code)).rejects.toMatchObject(invalidGrant)
  })

  it('that comes again ends what was given for it', async () => {
    const code = await consent()
    const { accessToken, refreshToken } = await exchange(code)
    await expect(exchange(code)).rejects.toMatchObject(invalidGrant)
    expect(await principalOf(accessToken)).toBeUndefined()
    await expect(refresh(refreshToken)).rejects.toMatchObject(invalidGrant)
  })

  it('that comes twice at once is worth tokens to nobody', async () => {
    const code = await consent()
    const outcomes = await Promise.allSettled([exchange(code), exchange(code), exchange(code)])
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toMatchObject(invalidGrant)
      else expect(await principalOf(outcome.value.accessToken)).toBeUndefined()
    }
    expect(await grants()).toEqual([])
  })

  it('is good for a minute', async () => {
    const code = await consent()
    nowMs += 60_000
    await expect(exchange(code)).rejects.toMatchObject(invalidGrant)
  })

  it('is no access token, and neither is a refresh token', async () => {
    const code = await consent()
    expect(await principalOf(code)).toBeUndefined()
    const { accessToken, refreshToken = '' } = await exchange(code)
    expect(await principalOf(refreshToken)).toBeUndefined()
    await expect(refresh(accessToken)).rejects.toMatchObject(invalidGrant)
    await expect(exchange(refreshToken)).rejects.toMatchObject(invalidGrant)
  })

  it('is not given in a session that has ended', async () => {
    await signOut(context, session)
    await expect(consent()).rejects.toMatchObject({ code: 'credential_revoked' })
  })
})

describe('a refresh token', () => {
  it('is good for one use; used again it ends everything that came of it', async () => {
    const first = await exchange(await consent())
    const second = await refresh(first.refreshToken)
    expect(await principalOf(second.accessToken)).toBeDefined()
    await expect(refresh(first.refreshToken)).rejects.toMatchObject(invalidGrant)
    expect(await principalOf(second.accessToken)).toBeUndefined()
    await expect(refresh(second.refreshToken)).rejects.toMatchObject(invalidGrant)
  })

  it('gives as much as is asked for, and never more than before', async () => {
    const { refreshToken } = await exchange(await consent())
    const narrow = await refresh(refreshToken, ['read:tokens'])
    expect(narrow.scopes).toEqual(['read:tokens'])
    await expect(refresh(narrow.refreshToken, ['write:tokens'])).rejects.toMatchObject({
      code: 'oauth_invalid_scope',
    })
  })

  it('is worth nothing to another client', async () => {
    const { refreshToken } = await exchange(await consent())
    await expect(refresh(refreshToken, [], otherPage)).rejects.toMatchObject(invalidGrant)
  })

  it('ends 30 days after the user has agreed', async () => {
    let issued = await exchange(await consent())
    for (let days = 0; days < 29; days += 10) {
      nowMs += 9.9 * 24 * hourMs
      issued = await refresh(issued.refreshToken)
    }
    nowMs += 24 * hourMs
    await expect(refresh(issued.refreshToken)).rejects.toMatchObject(invalidGrant)
    expect(await grants()).toEqual([])
  })
})

describe('a program', () => {
  it('gets a token for a day, with what it and its user may', async () => {
    const program = await register('m2m', ['read:tokens', 'write:users'])
    const issued = await issueForProgram(context, program, [])
    expect(issued).toMatchObject({ expiresInSeconds: 86_400, scopes: ['read:tokens'] })
    expect(issued.refreshToken).toBeUndefined()
    expect(await principalOf(issued.accessToken)).toMatchObject({ user: { id: ann.id } })
  })

  it.each([
    ['what it was not given', ['write:tokens']],
    ['what its user may not do', ['write:users']],
    ['what is no scope', ['openid']],
  ])('gets nothing when it asks for %s', async (_, wanted) => {
    const program = await register('m2m', ['read:tokens', 'write:users'])
    await expect(issueForProgram(context, program, wanted)).rejects.toMatchObject({
      code: 'oauth_invalid_scope',
    })
  })

  it('is known by its secret, of which only a hash is kept', async () => {
    const program = await register('m2m')
    const verify = (secret: string | undefined, named?: string) =>
      verifyOAuthClient(context, program.id, secret, named)
    expect(await verify(program.secret, 'demo')).toMatchObject({ id: program.id })
    const invalid = { code: 'oauth_invalid_client' }
    await expect(verify(program.secret, 'other')).rejects.toMatchObject(invalid)
    for (const secret of [undefined, '', `${program.secret}x`, page.id]) {
      await expect(verify(secret)).rejects.toMatchObject(invalid)
    }
    await expect(verifyOAuthClient(context, page.id, 'x', undefined)).rejects.toMatchObject(invalid)
  })

  it('cannot be registered with more than one has oneself', async () => {
    const registrar = {
      ...administratorOf(account),
      userId: ann.id,
      scopes: ['read:tokens'] as const,
    }
    const given = { name: 'x', kind: 'm2m', scopes: ['read:tokens', 'write:users'] }
    await expect(createOAuthClient(context, registrar, given)).rejects.toMatchObject({
      code: 'invalid_oauth_client',
      message: expect.stringContaining('write:users'),
    })
  })

  it('cannot end its own grant as an application could, and gives back single tokens', async () => {
    const program = await register('m2m')
    const [one, other] = [
      await issueForProgram(context, program, []),
      await issueForProgram(context, program, []),
    ]
    await endOAuthToken(context, page, one.accessToken)
    expect(await principalOf(one.accessToken)).toBeDefined()
    await endOAuthToken(context, program, one.accessToken)
    expect(await principalOf(one.accessToken)).toBeUndefined()
    expect(await principalOf(other.accessToken)).toBeDefined()
  })
})

describe('an access token is refused at once, and changes nothing more, when', () => {
  const administrator = () => administratorOf(account)
  it.each([
    ['its user is deleted', () => deleteUser(context, administrator(), ann.id)],
    ['its client is deleted', () => deleteOAuthClient(context, administrator(), page.id)],
    [
      'its user takes it back',
      async () => {
        const user = { ...administrator(), userId: ann.id }
        await endOAuthGrant(context, user, (await grants())[0]?.id ?? '')
      },
    ],
    ['its client gives it back', (token: string) => endOAuthToken(context, page, token)],
  ])('%s', async (_, end) => {
    const { accessToken, refreshToken } = await exchange(await consent())
    const principal = await principalOf(accessToken)
    if (principal === undefined) throw new Error('The token opens nothing.')
    const inFlight = createInFlightRequests({ now: Date.now })
    const request = inFlight.begin(principal)
    await end(accessToken)
    expect(await principalOf(accessToken)).toBeUndefined()
    await expect(refresh(refreshToken)).rejects.toMatchObject(invalidGrant)
    await expect(
      inTransaction(control.store, (transaction) => mustStillHold(transaction, principal)),
    ).rejects.toMatchObject({ code: 'credential_revoked' })
    // What the nodes are told names something that the request hangs on.
    const { rows } = await control.store.query<{ id: string }>(
      'select credential_id as id from revocation order by epoch desc limit 1',
    )
    expect(inFlight.abort({ credentialId: rows[0]?.id ?? '' })).toBe(1)
    expect(request.signal.aborted).toBe(true)
  })
})

describe('a grant', () => {
  it('is taken back by its own user and by no other', async () => {
    const { accessToken } = await exchange(await consent())
    const [grant] = await grants()
    const other = { userId: (await createTestUser(context, account)).user.id }
    await expect(
      endOAuthGrant(context, { ...administratorOf(account), ...other }, grant?.id ?? ''),
    ).rejects.toMatchObject({ code: 'oauth_grant_not_found' })
    expect(await principalOf(accessToken)).toBeDefined()
  })

  it('lets do less from the moment that its user may do less', async () => {
    const { accessToken } = await exchange(await consent())
    const before = await principalOf(accessToken)
    if (before === undefined) throw new Error('The token opens nothing.')
    await updateUser(context, administratorOf(account), ann.id, { level: 'viewer' })
    expect(await principalOf(accessToken)).toMatchObject({ user: { level: 'viewer' } })
    await expect(
      inTransaction(control.store, (transaction) => mustStillHold(transaction, before)),
    ).rejects.toMatchObject({ code: 'credential_revoked' })
  })
})
