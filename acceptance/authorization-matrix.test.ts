import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sqlEntrances } from './support/entrances.ts'
import { forgeToken } from './support/forge-token.ts'
import { describeAccount, populateAccount, runAsOwner } from './support/populate-account.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { type MatrixAnswer, type MatrixApi, matrixApis, readMatrix } from './support/read-matrix.ts'
import {
  type Answer,
  basic,
  createKey,
  deleteKey,
  regenerateKey,
  send,
  sql,
} from './support/requests.ts'
import { rounds, waysInTurn } from './support/rounds.ts'

const matrix = readMatrix(new URL('authorization-matrix.yaml', import.meta.url))

let postern: Postern
let alice: AccountCredentials
let tokens: Record<string, string | undefined>
/** Whose turn it is at the entrances. */
let entered = 0

beforeAll(async () => {
  postern = await startPostern()
  alice = await postern.createAccount('alice')
  const bob = await postern.createAccount('bob')
  await populateAccount(postern, alice, 'for some')
  await populateAccount(postern, bob, 'for bob')
  tokens = await makeCredentials(bob)
  for (const statement of [
    'create table made_by_creator (n int, the_geom geometry(Point, 4326))',
    'insert into made_by_creator select 1, st_setsrid(st_makepoint(1, 1), 4326)',
  ]) {
    expect((await sql(postern, 'alice', statement, tokens.creator)).status).toBe(200)
  }
})
afterAll(() => postern.stop())

/** One request of one credential: what it is sent as, and what is to come back. */
type Cell = {
  readonly sentence: string
  readonly promise: MatrixAnswer
  readonly api: MatrixApi
  readonly ask: () => Promise<Answer>
}

const everyCell = matrixApis.flatMap((api) =>
  matrix.answers[api].flatMap((promise) => {
    const requests = requestsOf(api, promise)
    // A door is a door: what is asked behind it makes no difference.
    const asked = promise.atTheDoor && !promise.row.throughEveryEntrance ? 1 : requests.length
    return requests
      .slice(0, asked)
      .map(({ details, ask }): Cell => ({ sentence: promise.sentence(details), promise, api, ask }))
  }),
)
// Whoever is turned away at the door is so whatever they ask: usually one question of seven will do.
const oneOf = rounds(7, 1)
const cells = everyCell.filter(({ promise }, index) => !promise.atTheDoor || index % oneOf === 0)
const refusals = cells.filter(({ promise }) => promise.status >= 300)
const allowances = cells.filter(({ promise }) => promise.status < 300)

test('the matrix is large, and mostly says no', () => {
  expect(cells.length).toBeGreaterThan(200)
  expect(refusals.length).toBeGreaterThan(allowances.length)
})

describe('refusals', () => {
  let before: unknown
  beforeAll(async () => {
    for (const { promise } of refusals) {
      if (promise.credential === 'nobody') await prepare(promise)
    }
    before = await describeAccount(postern, alice)
  })

  for (const cell of refusals) test(cell.sentence, () => check(cell))

  test('nothing that was refused has changed anything', async () => {
    expect(await describeAccount(postern, alice)).toEqual(before)
  })
})

describe('allowances', () => {
  for (const cell of allowances) {
    test(cell.sentence, async () => {
      await prepare(cell.promise)
      await check(cell)
    })
  }
})

async function prepare({ row }: MatrixAnswer): Promise<void> {
  for (const statement of row.given) await runAsOwner(postern, alice, statement)
}

async function check({ api, promise, ask }: Cell): Promise<void> {
  const { status, text, credential } = promise
  const answer = await ask()
  expect({ status: answer.status, text: answer.text }).toMatchObject({ status })
  if (status < 300) return
  if (api === 'keys' && status === 401) {
    expect(answer.text).toBe('')
    return
  }
  const body = answer.json<{ error?: string | string[]; errors?: string }>()
  if (text !== undefined) expect([body.error ?? body.errors].flat()).toEqual([text])
  // PostgreSQL's details and hints can quote what only the owner may see.
  if (credential !== 'master') {
    const members = { sql: ['error'], maps: ['error', 'status'], keys: ['errors', 'errors_cause'] }
    expect(Object.keys(body)).toEqual(members[api])
  }
}

type Request = { readonly details: string; readonly ask: () => Promise<Answer> }

/** What a row asks for: once for each text and address. Credentials take turns at the entrances. */
function requestsOf(api: MatrixApi, { row, credential }: MatrixAnswer): Request[] {
  if (api === 'keys') {
    const [method = '', path = ''] = row.request.split(' ')
    const body = row.body === undefined ? {} : { body: JSON.stringify(row.body) }
    return [{ details: '', ask: () => request(credential, path, { method, ...body }) }]
  }
  if (api === 'maps') {
    const source = `name=${row.table}`
    return Object.entries({
      'a map': `?${source}`,
      'a TileJSON': `?${source}&format=tilejson`,
      'a tile': `/0/0/0?${source}`,
    }).map(([what, address]) => ({
      details: ` as ${what}`,
      ask: () => request(credential, `/v3/maps/default/table${address}`),
    }))
  }
  // A name of one's own, and an empty password, are things that only Basic can say.
  const isByEntrance = row.throughEveryEntrance && !['bob', 'empty'].includes(credential)
  return row.sql.flatMap((text) => {
    entered += 1
    const entrances = isByEntrance ? waysInTurn(sqlEntrances, entered) : sqlEntrances.slice(0, 1)
    return entrances.map((entrance) => ({
      details: `${row.sql.length > 1 ? ` (${text})` : ''}${isByEntrance ? ` by ${entrance.name}` : ''}`,
      ask: () =>
        credential === 'bob'
          ? request(credential, '/api/v2/sql', {
              method: 'POST',
              body: JSON.stringify({ q: text }),
            })
          : entrance.ask(postern, 'alice', text, tokens[credential]),
    }))
  })
}

function request(credential: string, path: string, init: RequestInit = {}): Promise<Answer> {
  const token = tokens[credential]
  return send(`${alice.base_url}${path}`, {
    ...init,
    headers: {
      'content-type': 'application/json',
      ...(token !== undefined && basic(credential === 'bob' ? 'bob' : 'alice', token)),
    },
  })
}

async function makeCredentials(
  bob: AccountCredentials,
): Promise<Record<string, string | undefined>> {
  const made: Record<string, string | undefined> = {}
  for (const [name, { apis, tables = {}, create = [] }] of matrix.credentials) {
    if (Object.keys(tables).length === 0 && create.length === 0) continue
    const key = await createKey(postern, alice, {
      name,
      create,
      ...(apis !== undefined && { apis }),
      tables: Object.entries(tables).map(([table, permissions]) => {
        const [relation = '', schema = 'public'] = table.split('.').reverse()
        return { schema, name: relation, permissions }
      }),
    })
    made[name] = key.token
  }
  await deleteKey(postern, alice, 'deleted')
  await regenerateKey(postern, alice, 'replaced')
  const grants = { tables: [{ name: 'private_points', permissions: ['select'] }] }
  return {
    ...made,
    nobody: undefined,
    public: 'default_public',
    empty: '',
    master: alice.master_key,
    'bobs-master': bob.master_key,
    'bobs-key': (await createKey(postern, bob, grants)).token,
    bob: bob.master_key,
    rubbish: 'rubbish',
    forged: forgeToken('regular'),
  }
}
