import { afterAll, beforeAll, expect, test } from 'vitest'
import { runAsOwner } from './support/populate-account.ts'
import { type Postern, startPostern } from './support/postern.ts'
import { type Answer, sql } from './support/requests.ts'

let postern: Postern

const maxRows = 1_000
const maxBytes = 1_000_000

beforeAll(async () => {
  postern = await startPostern({
    POSTERN_MAX_RESULT_ROWS: String(maxRows),
    POSTERN_MAX_RESULT_BYTES: String(maxBytes),
  })
})
afterAll(() => postern.stop())

const ask = (q: string, format = 'json') =>
  sql(postern, 'demo', q, postern.demo.master_key, { format })

type Result = { rows: unknown[]; total_rows: number; error?: string[] }

const tooManyRows = `The result has more than ${maxRows} rows. Ask for fewer with LIMIT.`
const tooManyBytes = `The result is larger than ${maxBytes} bytes. Ask for less.`

/** Wide enough that the answer has begun long before the limit is met. */
const wide = (rows: number) =>
  `select n, repeat('x', 300) as t from generate_series(1, ${rows}) as n`

function expectEarly(answer: Answer, sentence: string): void {
  expect(answer.status, answer.text.slice(0, 200)).toBe(400)
  expect(answer.json()).toEqual({ error: [sentence] })
}

test('a result of as many rows as are allowed is whole', async () => {
  for (const q of [`select generate_series(1, ${maxRows}) as n`, wide(maxRows)]) {
    const answer = await ask(q)
    expect(answer.status).toBe(200)
    const { rows, total_rows, error } = answer.json<Result>()
    expect([rows.length, total_rows, error]).toEqual([maxRows, maxRows, undefined])
  }
})

test('one row more is an error with its own status as long as nothing was sent', async () => {
  expectEarly(await ask(`select generate_series(1, ${maxRows + 1}) as n`), tooManyRows)
  expectEarly(
    await ask(
      `select null::geometry as the_geom from generate_series(1, ${maxRows + 1})`,
      'geojson',
    ),
    tooManyRows,
  )
})

test('once the answer has begun, the error is its last member and the rows before it stand', async () => {
  const answer = await ask(wide(maxRows + 1))
  expect(answer.status).toBe(200)
  const { rows, total_rows, error } = answer.json<Result>()
  expect([rows.length, total_rows, error]).toEqual([maxRows, maxRows, [tooManyRows]])
  expect(rows.at(-1)).toMatchObject({ n: maxRows })
})

test('the same holds for GeoJSON', async () => {
  const answer = await ask(
    `select st_point(1, 2) as the_geom, w.* from (${wide(maxRows + 1)}) as w`,
    'geojson',
  )
  expect(answer.status).toBe(200)
  const { features, error } = answer.json<{ features: unknown[]; error: string[] }>()
  expect([features.length, error]).toEqual([maxRows, [tooManyRows]])
})

test('a result that is too large in bytes ends the same two ways', async () => {
  expectEarly(await ask(`select repeat('x', ${maxBytes}) as t`), tooManyBytes)
  const answer = await ask("select repeat('x', 50000) as t from generate_series(1, 100)")
  expect(answer.status).toBe(200)
  const { rows, error } = answer.json<Result>()
  expect(error).toEqual([tooManyBytes])
  expect(rows.length).toBeGreaterThan(10)
  expect(rows.length).toBeLessThan(25)
})

test('a statement that writes more rows than it may return says whether it has written them', async () => {
  await runAsOwner(postern, postern.demo, 'create table written (n int)')
  const answer = await ask(
    `insert into written select generate_series(1, ${maxRows + 1}) returning n`,
  )
  const [{ count } = { count: undefined }] = await runAsOwner(
    postern,
    postern.demo,
    'select count(*) as count from written',
  )
  const [sentence = ''] = answer.json<{ error: string[] }>().error
  expect(sentence).toContain(tooManyRows)
  expect(sentence.includes('has been carried out')).toBe(count === maxRows + 1)
  expect([0, maxRows + 1]).toContain(count)
})

test('whoever met a limit can go on', async () => {
  for (let round = 0; round < 20; round += 1) {
    expect((await ask(wide(maxRows + 1))).status).toBe(200)
    // A cancel that came late would hit this one.
    const answer = await ask('select sum(n) as sum from generate_series(1, 200000) as n')
    expect(answer.json<Result>().rows, answer.text).toEqual([{ sum: 20_000_100_000 }])
  }
})
