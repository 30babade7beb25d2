import { afterAll, beforeAll, expect, test } from 'vitest'
import { type ApiKey, apis, authApi, type KeyList } from './support/auth-api.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { createKey, sql } from './support/requests.ts'
import { type AccessToken, createToken, on, tokensApi } from './support/tokens-api.ts'

// "Show once" from outside: a token is told when it is made, and by nothing afterwards.

let postern: Postern
let alice: AccountCredentials
let early: { readonly name: string; readonly token: string }
let earlyToken: AccessToken

beforeAll(async () => {
  postern = await startPostern()
  alice = await postern.createAccount('alice')
  const made = await sql(postern, 'alice', 'create table ground (id int)', alice.master_key)
  expect(made.status, made.text).toBe(200)
  early = await createKey(postern, alice, { apis: ['sql'] })
  earlyToken = await createToken(postern, alice, { allowed_apis: ['sql'], grants: on('*') })
  const { code, stderr } = await postern.run('account', 'set', 'alice', '--show-once', 'on')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})
afterAll(() => postern.stop())

const keys = () => authApi(postern, 'alice', alice.master_key)
const tokens = () => tokensApi(postern, alice.master_key)

/** A token that must show up in no log. */
function kept(token: string): string {
  postern.keepSecret(token)
  return token
}

async function worksWith(token: string): Promise<boolean> {
  return (await sql(postern, 'alice', 'select 1', token)).status === 200
}

test('no list and no details show a token any more, and all of them go on working', async () => {
  const listed = (await keys().list()).json<KeyList>().result
  expect(listed.map(({ type, token }) => ({ type, token }))).toEqual([
    { type: 'master', token: null },
    { type: 'default', token: 'default_public' },
    { type: 'regular', token: null },
  ])
  expect((await keys().show(early.name)).json()).toMatchObject({ token: null })
  const self = await authApi(postern, 'alice', early.token).show(early.name)
  expect(self.json()).toMatchObject({ token: null })
  expect((await tokens().list()).json()).toMatchObject([{ id: earlyToken.id, token: null }])
  expect((await tokens().get(earlyToken.token)).json()).toMatchObject({ token: null })
  const { stdout } = await postern.run('token', 'list', 'alice', '--json')
  expect(JSON.parse(stdout)).toMatchObject([{ id: earlyToken.id, token: null }])
  for (const token of [alice.master_key, early.token]) expect(await worksWith(token)).toBe(true)
})

test('the answer that makes or regenerates a token tells it, once', async () => {
  const created = (await keys().create({ name: 'late', grants: [apis('sql')] })).json<ApiKey>()
  expect(await worksWith(kept(created.token))).toBe(true)
  const regenerated = (await keys().regenerate('late')).json<ApiKey>()
  expect(await worksWith(kept(regenerated.token))).toBe(true)
  expect(await worksWith(created.token)).toBe(false)
  expect((await keys().show('late')).json()).toMatchObject({ token: null })

  const token = await createToken(postern, alice, { allowed_apis: ['sql'], grants: on('*') })
  expect(token.token).toMatch(/^\w{20,}$/)
  const edited = await tokens().edit(token.id, { name: 'edited' })
  expect(edited.json()).toMatchObject({ name: 'edited', token: null })
  const { stdout } = await postern.run('token', 'create', 'alice', '--source', '*')
  expect((await tokens().get(kept(stdout.trim()))).status).toBe(200)
})

test('the master key is not kept either: the command line says so, and it can be regenerated', async () => {
  const { code, stdout, stderr } = await postern.run('account', 'master-key', 'alice')
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr).toContain('This account shows tokens once, so this one is not kept.')
  const regenerated = (await keys().regenerate('Master')).json<ApiKey>()
  alice = { ...alice, master_key: kept(regenerated.token) }
  expect(await worksWith(alice.master_key)).toBe(true)
  expect((await keys().show('Master')).json()).toMatchObject({ token: null })
})

test('a rotation of the secrets says what it could not index anew, and all of it works', async () => {
  const { code, stdout } = await postern.run('secrets', 'rotate')
  expect(code).toBe(0)
  expect(stdout).toMatch(
    /\d+ tokens that are shown once can only be found with the key \w+, which stays in the key file/,
  )
  for (const token of [alice.master_key, early.token]) expect(await worksWith(token)).toBe(true)
  expect((await tokens().get(earlyToken.token)).status).toBe(200)
})

test('switched off, it keeps the tokens that are made from then on', async () => {
  await postern.run('account', 'set', 'alice', '--show-once', 'off')
  const key = await createKey(postern, alice, { apis: ['sql'] })
  expect((await keys().show(key.name)).json()).toMatchObject({ token: key.token })
  expect((await keys().show(early.name)).json()).toMatchObject({ token: null })
})
