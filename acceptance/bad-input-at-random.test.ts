import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { exchange } from './support/exchange.ts'
import { type Postern, startPostern } from './support/postern.ts'
import { createKey, send } from './support/requests.ts'
import { rounds } from './support/rounds.ts'
import { expectNoInnards } from './support/surface-errors.ts'

// Requests that are put together at random from pieces of real ones and pieces of rubbish.

let postern: Postern
let tokens: readonly string[]

beforeAll(async () => {
  postern = await startPostern({ POSTERN_STATEMENT_TIMEOUT_MS: '2000' })
  const { demo } = postern
  const writer = await createKey(postern, demo, {
    tables: [{ name: 'surveys', permissions: ['select', 'insert'] }],
  })
  const creator = await createKey(postern, demo, { create: ['public'] })
  tokens = ['', 'default_public', writer.token, creator.token, demo.master_key, 'rubbish']
})
afterAll(() => postern.stop())

/** Words with blanks between them; `_` stands for a blank in a word. */
const oneOf = (words: string) =>
  fc.constantFrom(
    ...words
      .trim()
      .split(/\s+/)
      .map((word) => word.replaceAll('_', ' ')),
  )
const mostly = <T>(usual: fc.Arbitrary<T>, weight: number, rare: fc.Arbitrary<T>) =>
  fc.oneof({ weight, arbitrary: usual }, { weight: 1, arbitrary: rare })

const rubbish = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  oneOf(`% %00 %zz %c0%af " ' ; -- /* \\ .. [] null 0 -1 1e999 {} [ true {"a":1} a:b`),
  fc.constantFrom('', ' ', '__proto__', 'toString', '\u202e'),
)

const sql = fc
  .array(
    mostly(
      oneOf(`
        select select name * from from surveys capitals pg.class where 1 'x' ( ) , ; null as a
        with_a_as limit_1 union insert_into_surveys(name)_values ('x') returning delete_from explain
        analyze set_role copy do_$$ $$ -- /* */ begin ::int set.config( create_table_a(n_int) 1/0
        repeat(name,3) '[1'::json generate.series(1,3) ::geometry for_update null::geometry`),
      12,
      rubbish,
    ),
    { maxLength: 10 },
  )
  .map((words) =>
    words.join(' ').replaceAll('.', '_').replace('null::geometry', 'null::geometry as the_geom'),
  )

const value = fc.oneof(
  { weight: 3, arbitrary: sql },
  {
    weight: 3,
    arbitrary: oneOf('json geojson tilejson mvt capitals public.surveys name 2 master'),
  },
  { weight: 1, arbitrary: rubbish },
)

const parameter = fc.tuple(
  mostly(
    oneOf(`q q q format name name columns spatialDataColumn page per.page order type filename grants
      callback skipfields api.key[] q[] formatTiles`).map((name) => name.replace('.', '_')),
    8,
    rubbish,
  ),
  value,
)

const path = mostly(
  oneOf(`
    /user/demo/api/v1/sql /user/demo/api/v2/sql /user/demo/api/v2/sql /user/demo/v3/maps/default/table
    /user/demo/v3/maps/default/table/0/0/0 /user/demo/v3/maps/default/table/3/2/1 /api/v2/sql
    /user/demo/api/v3/api.keys /user/demo/api/v3/api.keys/Master /v3/maps/default/table /health /
  `).map((text) => text.replace('.', '_')),
  5,
  fc
    .array(mostly(oneOf('user demo api v2 v3 sql maps default table'), 3, rubbish), {
      maxLength: 7,
    })
    .map((parts) => `/${parts.map(encode).join('/')}`),
)

const header = fc
  .tuple(
    mostly(
      oneOf('accept-encoding if-none-match accept cookie origin range expect x-forwarded-host'),
      8,
      oneOf('host content-type authorization'),
    ),
    mostly(oneOf('gzip * Basic_eDp5 application/json demo.localhost 5 chunked'), 1, rubbish),
  )
  .map(([name, text]) => `${name}: ${text}`)

type Body = { readonly type: string; readonly text: string }

const body: fc.Arbitrary<Body | undefined> = fc.oneof(
  fc.constant(undefined),
  fc.array(parameter, { maxLength: 4 }).map((parameters) => ({
    type: 'application/x-www-form-urlencoded',
    text: asQuery(parameters),
  })),
  fc
    .dictionary(oneOf('q name grants format columns'), mostly<unknown>(value, 3, fc.jsonValue()))
    .map((members) => ({ type: 'application/json', text: JSON.stringify(members) })),
  fc.tuple(parameter, fc.boolean()).map(([[name, text], isWhole]) => ({
    type: 'multipart/form-data; boundary=b',
    text: `--b\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n--b${isWhole ? '--' : ''}\r\n`,
  })),
  fc.tuple(rubbish, rubbish).map(([type, text]) => ({ type, text })),
)

type Asked = {
  readonly method: string
  readonly path: string
  readonly parameters: readonly (readonly [string, string])[]
  readonly headers: readonly string[]
  readonly body: Body | undefined
  /** Which of the tokens. */
  readonly token: number
  readonly place: string
}

const request: fc.Arbitrary<Asked> = fc.record({
  method: mostly(oneOf('GET POST'), 6, oneOf('DELETE PUT PATCH OPTIONS TRACE')),
  path,
  parameters: fc.array(parameter, { maxLength: 3 }),
  headers: fc.array(header, { maxLength: 2 }),
  body,
  token: fc.nat({ max: 5 }),
  place: oneOf('query query basic bearer nowhere'),
})

function asQuery(parameters: Asked['parameters']): string {
  return parameters.map((pair) => pair.map(encode).join('=')).join('&')
}

/** Half a surrogate pair cannot be encoded; `%` stays, so that what is wrongly encoded arrives so. */
function encode(text: string): string {
  return encodeURIComponent(text.replace(/[\ud800-\udfff]/g, '?')).replaceAll('%25', '%')
}

function bytesOf({ method, path, parameters, headers, body, ...asked }: Asked): Buffer {
  const token = tokens[asked.token] ?? ''
  const query = asQuery([
    ...parameters,
    ...(asked.place === 'query' ? [['api_key', token] as const] : []),
  ])
  const credential = {
    basic: [`authorization: Basic ${Buffer.from(`demo:${token}`).toString('base64')}`],
    bearer: [`authorization: Bearer ${token}`],
  }[asked.place]
  const content =
    body === undefined
      ? []
      : [`content-type: ${body.type}`, `content-length: ${Buffer.byteLength(body.text)}`]
  const lines = ['host: localhost', 'connection: close', ...(credential ?? []), ...content]
  const head = [`${method} ${path}?${query} HTTP/1.1`, ...lines, ...headers]
    .map((line) => line.replace(/[\r\n]/g, ' '))
    .join('\r\n')
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`, 'latin1'), Buffer.from(body?.text ?? '')])
}

test(
  'never a 500, never a word of the inside, and the server goes on serving',
  async () => {
    await fc.assert(
      fc.asyncProperty(request, async (asked) => {
        const { status, body } = await exchange(postern.port, bytesOf(asked))
        const isExpected = status !== undefined && status >= 200 && (status < 500 || status === 503)
        expect(isExpected, `${status} ${body}`).toBe(true)
        if (status !== 200) expectNoInnards(body)
      }),
      { numRuns: rounds(200, 20_000) },
    )
    expect((await send(`${postern.demo.base_url}/api/v2/sql?q=select+1`)).status).toBe(200)
    expect(postern.output()).not.toContain('internal_error')
  },
  rounds(240_000, 3_600_000),
)
