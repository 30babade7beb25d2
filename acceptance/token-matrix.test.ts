import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { parse } from 'yaml'
import { type Postern, sleep, startPostern } from './support/postern.ts'
import { type Answer, send } from './support/requests.ts'
import { createToken, on, tokensApi } from './support/tokens-api.ts'

type TokenRow = {
  readonly token: {
    readonly allowed_apis: readonly string[]
    readonly grants: readonly string[]
    readonly referers?: readonly string[]
    readonly expires?: 'soon'
  }
  /** What becomes of it before it asks. */
  readonly then?:
    | 'deleted'
    | { readonly grants: readonly string[]; readonly allowed_apis: string[] }
  /** The page that it asks from. */
  readonly from?: string
  /** What it asks for; absent: everything. */
  readonly asks?: readonly string[]
  readonly otherwise: number
} & { readonly [status: number]: readonly string[] }

type File = {
  readonly requests: Readonly<Record<string, string>>
  readonly tokens: Readonly<Record<string, TokenRow>>
}

const query = 'select name, population, the_geom from capitals where country = $1'
const text = readFileSync(new URL('token-matrix.yaml', import.meta.url), 'utf8')
const { requests, tokens } = parse(text.replaceAll('{query}', query)) as File

const cells = Object.entries(tokens).flatMap(([called, row]) =>
  Object.entries(requests)
    .filter(([asked]) => row.asks?.includes(asked) ?? true)
    .map(([asked, address]) => ({ called, asked, address, status: statusOf(row, asked) })),
)

let postern: Postern
const values = new Map<string, string>()

beforeAll(async () => {
  postern = await startPostern({ POSTERN_RATE_LIMIT: '0' })
  for (const [called, { token, then }] of Object.entries(tokens)) {
    const { expires, grants, ...rest } = token
    const made = await createToken(postern, postern.demo, {
      ...rest,
      grants: on(...grants),
      ...(expires === 'soon' && { expiration_date: new Date(Date.now() + 5_000).toISOString() }),
    })
    values.set(called, made.token)
    const api = tokensApi(postern, postern.demo.master_key)
    if (then === 'deleted') expect((await api.remove(made.id)).status).toBe(204)
    else if (then !== undefined) {
      const edited = await api.edit(made.id, { ...then, grants: on(...then.grants) })
      expect(edited.status).toBe(200)
    }
  }
  const expired = 'GET /v3/stats/default/capitals/population'
  while ((await ask('expired', expired)).status !== 401) await sleep(200)
})
afterAll(() => postern.stop())

test('the matrix is large, and mostly says no', () => {
  expect(cells.length).toBeGreaterThan(200)
  expect(cells.filter(({ status }) => status >= 400).length).toBeGreaterThan(cells.length / 2)
  for (const row of Object.values(tokens)) {
    const named = Object.values(row).filter(Array.isArray).flat()
    expect(named.filter((asked) => !(asked in requests))).toEqual([])
  }
})

for (const { called, asked, address, status } of cells) {
  test(`${called} and ${asked}: ${status}`, async () => {
    const answer = await ask(called, address)
    expect({ status: answer.status, text: answer.status === status ? '' : answer.text }).toEqual({
      status,
      text: '',
    })
    if (status >= 400) expect(answer.json<{ error: unknown }>().error).toBeTruthy()
  })
}

function statusOf(row: TokenRow, asked: string): number {
  const [status] = Object.entries(row).find(
    ([status, named]) => Number(status) > 0 && Array.isArray(named) && named.includes(asked),
  ) ?? [row.otherwise]
  return Number(status)
}

function ask(called: string, address: string): Promise<Answer> {
  const [method = 'GET', target = ''] = splitOnce(address, ' ')
  const [path, search = ''] = splitOnce(target, '?')
  const parameters = new URLSearchParams(
    search === '' ? [] : search.split('&').map((pair) => splitOnce(pair, '=') as [string, string]),
  )
  const from = tokens[called]?.from
  return send(`${postern.url}${path}${search === '' ? '' : `?${parameters}`}`, {
    method,
    headers: {
      authorization: `Bearer ${values.get(called)}`,
      ...(from !== undefined && { referer: from }),
    },
  })
}

function splitOnce(whole: string, by: string): [string, string?] {
  const at = whole.indexOf(by)
  return at < 0 ? [whole] : [whole.slice(0, at), whole.slice(at + by.length)]
}
