import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { forgeToken } from './support/forge-token.ts'
import { type OpenapiOperation, readOpenapiOperations } from './support/openapi-operations.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { sendRaw } from './support/raw-request.ts'
import { type Answer, createKey, deleteKey, regenerateKey } from './support/requests.ts'
import { usualRequest } from './support/usual-request.ts'

// What is promised of every operation that takes a credential, asked of each that openapi.yaml names:
// whose credential counts, and that nothing else in the request lends anything.

let postern: Postern
let demo: AccountCredentials
let other: AccountCredentials
/** Tokens that were good for something once, or are so elsewhere. */
let worthless: Readonly<Record<string, string>>

beforeAll(async () => {
  // Whoever asks everything with a credential that is none would be told to wait.
  postern = await startPostern({ POSTERN_RATE_LIMIT: '0' })
  demo = postern.demo
  other = await postern.createAccount('bob')
  const grants = { tables: [{ name: 'surveys', permissions: ['select', 'insert'] }] }
  const deleted = await createKey(postern, demo, { name: 'deleted', ...grants })
  await deleteKey(postern, demo, 'deleted')
  const replaced = await createKey(postern, demo, { name: 'replaced', ...grants })
  await regenerateKey(postern, demo, 'replaced')
  await createKey(postern, demo, { name: 'spare' })
  worthless = {
    'an unknown token': 'TokenThatNobodyKnows',
    'a forged token': forgeToken('regular'),
    'the token of a deleted key': deleted.token,
    'a token that was replaced': replaced.token,
    "another account's master key": other.master_key,
  }
})
afterAll(() => postern.stop())

type Extras = {
  readonly authorization?: string
  readonly query?: Readonly<Record<string, string>>
  readonly body?: Readonly<Record<string, unknown>>
}

const basic = (user: string, token: string) =>
  `Basic ${Buffer.from(`${user}:${token}`).toString('base64')}`

/** Asks for the operation as it is usually asked for, with something added. */
function ask(operation: OpenapiOperation, extras: Extras = {}): Promise<Answer> {
  const { path, query, body } = usualRequest(operation)
  const search = new URLSearchParams({ ...query, ...extras.query }).toString()
  return sendRaw(postern.port, {
    method: operation.method,
    path: `/user/demo${path}?${search}`,
    headers: [
      ...(extras.authorization === undefined ? [] : ['Authorization', extras.authorization]),
      ...(body === undefined ? [] : ['Content-Type', 'application/json']),
    ],
    ...(body !== undefined && { body: JSON.stringify({ ...body, ...extras.body }) }),
  })
}

/** What of an answer depends on who asked, and not on when. */
const outcome = ({ status, text }: Answer) => ({
  status,
  text: text.replace(/"time":[\d.]+/, '"time":0'),
})

/** Names that servers of this kind keep their state under. */
const stateLikeParameters = {
  user: 'bob',
  username: 'bob',
  user_domain: 'bob',
  account: 'bob',
  role: 'master',
  dbuser: 'postgres',
  database: 'postgres',
  database_name: 'postgres',
  dbname: 'postgres',
  authorizationLevel: 'master',
  auth_token: 'x',
  signer: 'bob',
  type: 'master',
}

const operations = readOpenapiOperations().filter(({ needsCredential }) => needsCredential)

describe.each(operations)('$operationId', (operation) => {
  test('1: of two credentials one counts, Basic before the query, and the other lends nothing', async () => {
    const authorization = basic('demo', 'default_public')
    const asPublic = await ask(operation, { authorization })
    const withLoser = await ask(operation, {
      authorization,
      query: { map_key: demo.master_key },
      body: { api_key: demo.master_key },
    })
    expect(outcome(withLoser)).toEqual(outcome(asPublic))
    const unknownWins = await ask(operation, {
      query: { api_key: 'TokenThatNobodyKnows' },
      body: { api_key: demo.master_key },
    })
    expect(unknownWins.status, unknownWins.text).toBe(401)
  })

  test('1: parameters that are named like the state of a server change nothing', async () => {
    // `type` is a parameter of some.
    const { type, ...others } = stateLikeParameters
    const { queryParameters, bodyMembers } = operation
    const isParameter = [...queryParameters, ...bodyMembers].includes('type')
    const parameters = isParameter ? others : { ...others, type }
    const plain = await ask(operation, { authorization: basic('demo', '') })
    const adorned = await ask(operation, {
      authorization: basic('demo', ''),
      query: parameters,
      body: parameters,
    })
    expect(outcome(adorned)).toEqual(outcome(plain))
  })

  test('4: a credential of another account, or none any more, is as good as an unknown one', async () => {
    const { 'an unknown token': unknown = '', ...rest } = worthless
    const refused = await ask(operation, { query: { api_key: unknown } })
    expect(refused.status, refused.text).toBe(401)
    for (const [name, token] of Object.entries(rest)) {
      const byQuery = await ask(operation, { query: { api_key: token } })
      const byBasic = await ask(operation, { authorization: basic('demo', token) })
      const byBearer = await ask(operation, { authorization: `Bearer ${token}` })
      for (const answer of [byQuery, byBasic, byBearer]) {
        expect({ name, ...outcome(answer) }).toEqual({ name, ...outcome(refused) })
      }
    }
  })

  test('7: no answer repeats the credential that it refuses', async () => {
    for (const token of Object.values(worthless)) {
      const answer = await ask(operation, { query: { api_key: token, map_key: token } })
      expect(answer.text).not.toContain(token)
      expect(JSON.stringify([...answer.headers])).not.toContain(token)
    }
  })

  test('8: a callback is the name of a function, or is not called', async () => {
    for (const callback of ['alert(1)//', '<script>', 'a;b', '"', '__proto__\n']) {
      // The master key may change what it asks for: it only asks for what is read.
      const tokens = operation.method === 'GET' ? ['unknown', demo.master_key] : ['unknown']
      for (const authorization of tokens.map((token) => basic('demo', token))) {
        const answer = await ask(operation, { authorization, query: { callback } })
        expect(answer.headers.get('content-type') ?? '').not.toContain('javascript')
        expect(answer.text).not.toContain('alert(1)')
        expect(answer.text).not.toContain('<script>')
      }
    }
  })

  test('9: a header that cannot be understood is nobody, and Basic has to name the account', async () => {
    for (const authorization of ['Basic', 'Basic !!!', 'Bearer', 'Digest x', 'OAuth a="b"', 'x']) {
      const answer = await ask(operation, { authorization })
      expect({ authorization, status: answer.status }).toEqual({ authorization, status: 401 })
    }
    for (const user of ['bob', 'DEMO', '']) {
      for (const token of [demo.master_key, other.master_key, 'default_public']) {
        const answer = await ask(operation, { authorization: basic(user, token) })
        expect([401, 403], `${user}: ${answer.text}`).toContain(answer.status)
      }
    }
  })
})
