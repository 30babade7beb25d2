import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { exchange } from './support/exchange.ts'
import { type OpenapiOperation, readOpenapiOperations } from './support/openapi-operations.ts'
import { runAsOwner } from './support/populate-account.ts'
import { type Postern, startPostern } from './support/postern.ts'
import { createKey, send } from './support/requests.ts'
import { rounds } from './support/rounds.ts'
import { expectNoInnards } from './support/surface-errors.ts'
import { usualValue } from './support/usual-request.ts'

// Proper requests for every operation of openapi.yaml of which a parameter or two is rubbish: what is
// added to that file is asked for here, too. To look for more, change the seed, or `npm run test:long`.

const seed = 20_261_121
const runsPerOperation = rounds(20, 1_000)

let postern: Postern
let tokens: readonly string[]
/** What no error may tell. */
let secrets: readonly string[]

beforeAll(async () => {
  postern = await startPostern({ POSTERN_STATEMENT_TIMEOUT_MS: '2000' })
  const { demo } = postern
  const other = await postern.createAccount('bob')
  await createKey(postern, demo, { name: 'spare' })
  await runAsOwner(postern, demo, 'create table spare_table (the_geom geometry)')
  const reader = await createKey(postern, demo, {
    tables: [{ name: 'surveys', permissions: ['select', 'insert'] }],
  })
  tokens = ['', reader.token, demo.master_key, demo.master_key]
  secrets = [reader.token, demo.master_key, other.master_key, other.password, demo.password]
})
afterAll(() => postern.stop())

const texts = [
  '',
  ' ',
  '0',
  '-1',
  '1.5',
  '1e9',
  '99999999999999999999',
  'NaN',
  'null',
  'true',
  'spare_table',
  'public.spare_table',
  'nowhere',
  'the_geom',
  'json',
  'geojson',
  'csv',
  'shp',
  'a,b,,c',
  "'",
  '"',
  '";--',
  "' or '1'='1",
  '\\',
  '%',
  '%00',
  '%zz',
  '%c0%af',
  '%ed%a0%80',
  '%0d%0aX-Evil:%201',
  '../../etc/passwd',
  '..%2f..%2fetc%2fpasswd',
  '$(id)',
  '{{7*7}}',
  '<script>alert(1)</script>',
  'alert(1)//',
  '__proto__',
  'constructor',
  'ﬀ\u202e\u0301é',
  '💥',
  'x'.repeat(300),
  'x'.repeat(5_000),
]
const text = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...texts) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
)
const member = fc.oneof(
  { weight: 3, arbitrary: text as fc.Arbitrary<unknown> },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<unknown>(null, 0, -1, 1e308, true, [], {}, [null], [[]]),
  },
)

type Rubbish = {
  /** Which of the parameters, and what they are instead. */
  readonly at: readonly number[]
  readonly texts: readonly string[]
  readonly members: readonly unknown[]
  readonly token: number
  readonly byBasic: boolean
  readonly spelling: 'once' | 'twice' | 'list' | 'map'
  readonly form: 'json' | 'form' | 'multipart' | 'raw'
}
const rubbish: fc.Arbitrary<Rubbish> = fc.record({
  at: fc.array(fc.nat({ max: 63 }), { minLength: 1, maxLength: 2 }),
  texts: fc.tuple(text, text),
  members: fc.tuple(member, member),
  token: fc.nat({ max: 3 }),
  byBasic: fc.boolean(),
  spelling: fc.constantFrom('once', 'once', 'once', 'twice', 'list', 'map'),
  form: fc.constantFrom('json', 'json', 'form', 'multipart', 'raw'),
})

/** Half a surrogate pair cannot be encoded; percent signs stay, so that what is wrong arrives so. */
const encode = (value: string) =>
  encodeURIComponent(value.replace(/[\ud800-\udfff]/g, '?')).replaceAll('%25', '%')

function pairs(name: string, value: string, spelling: Rubbish['spelling']): string[] {
  const encoded = encode(value)
  switch (spelling) {
    case 'once':
      return [`${name}=${encoded}`]
    case 'twice':
      return [`${name}=${encoded}`, `${name}=2`]
    case 'list':
      return [`${name}[]=${encoded}`]
    case 'map':
      return [`${name}[a]=${encoded}`]
  }
}

/** A request for the operation, as bytes, in which what `bad` names is rubbish. */
function bytesOf(operation: OpenapiOperation, bad: Rubbish): Buffer {
  const { method, pathParameters, queryParameters, bodyMembers, takesBody } = operation
  const known = [...pathParameters, ...queryParameters, ...bodyMembers]
  const spoilt = new Map(bad.at.map((at, index) => [known[at % known.length], index]))
  const token = tokens[bad.token] ?? ''

  const path = operation.path.replace(/\{(\w+)\}/g, (_, name: string) => {
    const index = spoilt.get(name)
    return index === undefined
      ? String(usualValue(operation, name) ?? 'x')
      : encode(bad.texts[index] ?? '')
  })
  const query = queryParameters.flatMap((name) => {
    const index = spoilt.get(name)
    if (index !== undefined) return pairs(name, bad.texts[index] ?? '', bad.spelling)
    const value = usualValue(operation, name)
    return value === undefined ? [] : pairs(name, String(value), 'once')
  })
  if (!bad.byBasic) query.push(`api_key=${token}`)

  const members = bodyMembers.flatMap((name): (readonly [string, unknown])[] => {
    const index = spoilt.get(name)
    const value = index === undefined ? usualValue(operation, name) : bad.members[index]
    return value === undefined ? [] : [[name, value]]
  })
  const body = takesBody ? bodyOf(members, bad) : undefined
  const head = [
    `${method} /user/demo${path}?${query.join('&')} HTTP/1.1`,
    'host: localhost',
    'connection: close',
    ...(bad.byBasic
      ? [`authorization: Basic ${Buffer.from(`demo:${token}`).toString('base64')}`]
      : []),
    ...(body === undefined
      ? []
      : [`content-type: ${body.type}`, `content-length: ${Buffer.byteLength(body.text)}`]),
  ].map((line) => line.replace(/[\r\n]/g, ' '))
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${body?.text ?? ''}`)
}

function bodyOf(
  members: readonly (readonly [string, unknown])[],
  { form, spelling, texts }: Rubbish,
): { readonly type: string; readonly text: string } {
  const asText = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value))
  switch (form) {
    case 'json':
      return { type: 'application/json', text: JSON.stringify(Object.fromEntries(members)) }
    case 'form':
      return {
        type: 'application/x-www-form-urlencoded',
        text: members.flatMap(([name, value]) => pairs(name, asText(value), spelling)).join('&'),
      }
    case 'multipart': {
      const parts = members.map(
        ([name, value]) =>
          `--b\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${asText(value)}\r\n`,
      )
      return { type: 'multipart/form-data; boundary=b', text: `${parts.join('')}--b--\r\n` }
    }
    case 'raw':
      return { type: 'application/octet-stream', text: texts.join('\n') }
  }
}

/** Expects one of the shapes that errors have, in JSON or handed to a function. */
function expectErrorShape(contentType: string | undefined, body: string): void {
  if (body === '') return
  expect(contentType).toBe('application/json; charset=utf-8')
  const { error, errors } = JSON.parse(body) as { error?: unknown; errors?: unknown }
  const said = errors ?? [error].flat()[0]
  // The Auth API tells what is wrong with a callback under its name.
  const sentence = typeof said === 'object' && said !== null ? Object.values(said)[0] : said
  expect(sentence, body).toEqual(expect.any(String))
  expect(String(sentence).trim(), body).not.toBe('')
}

describe('whatever a parameter is, the answer is proper and tells nothing', () => {
  test.each(readOpenapiOperations())('$operationId', async (operation) => {
    const check = async (bad: Rubbish) => {
      const {
        status = 0,
        contentType,
        body,
      } = await exchange(postern.port, bytesOf(operation, bad))
      const isProper = (status >= 200 && status < 500) || status === 501
      expect(isProper, `${status} ${body}`).toBe(true)
      for (const secret of secrets) if (status >= 400) expect(body).not.toContain(secret)
      if (operation.answersPages && contentType === 'text/html; charset=utf-8') {
        expect(body).not.toMatch(/<script|\{\{|alert\(1\)/i)
        return
      }
      expect(contentType ?? '').not.toContain('html')
      if (status < 400) return
      expectErrorShape(contentType, body)
      expectNoInnards(body)
    }
    await fc.assert(fc.asyncProperty(rubbish, check), { numRuns: runsPerOperation, seed })
    const serving = await send(`${postern.demo.base_url}/api/v2/sql?q=select+1`)
    expect(serving.status, serving.text).toBe(200)
  })

  test('and the log says of no request that it failed', () => {
    expect(postern.output()).not.toContain('internal_error')
  })
})
