import { expect, it } from 'vitest'
import { curlOf, requestFor, statementOf } from './try-request.ts'

const attempt = {
  account: 'demo',
  token: 'pstr1',
  api: 'sql',
  connection: 'default',
  source: { query: `select 'it''s' as "a b"` },
} as const

it('asks the classic SQL API with a key, and v3 with an access token', () => {
  expect(requestFor(attempt)).toEqual({
    method: 'POST',
    path: '/user/demo/api/v2/sql',
    headers: { authorization: 'Bearer pstr1', 'content-type': 'application/json' },
    body: JSON.stringify({ q: attempt.source.query }),
  })
  expect(requestFor({ ...attempt, token: 'pstt1', connection: 'a b' }).path).toBe(
    '/v3/sql/a%20b/query',
  )
})

it('asks for a map where its tiles are', () => {
  const source = { table: 'public.capitals' }
  const request = requestFor({ ...attempt, api: 'maps', source })
  expect(request).toMatchObject({ method: 'GET', body: undefined })
  expect(request.path).toBe('/user/demo/v3/maps/default/table?name=public.capitals&format=tilejson')
  const query = requestFor({ ...attempt, api: 'maps', source: { query: 'select 1 & 2' } })
  expect(query.path).toBe('/user/demo/v3/maps/default/query?q=select+1+%26+2&format=tilejson')
})

it.each([
  ['capitals', 'select * from capitals limit 100'],
  ['public.Capitals', 'select * from public."Capitals" limit 100'],
  ['my."a.b"', 'select * from my."a.b" limit 100'],
])('reads the table %s by %s', (table, sql) => expect(statementOf({ table })).toBe(sql))

it('is, as curl, quoted so that a shell takes each part for one word', () => {
  expect(curlOf(requestFor(attempt), 'http://localhost:8080').split(' \\\n')).toEqual([
    `curl 'http://localhost:8080/user/demo/api/v2/sql'`,
    `  -H 'authorization: Bearer pstr1'`,
    `  -H 'content-type: application/json'`,
    `  --data-raw '{"q":"select '\\''it'\\'''\\''s'\\'' as \\"a b\\""}'`,
  ])
})
