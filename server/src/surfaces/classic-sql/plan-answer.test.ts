import { beforeAll, describe, expect, test } from 'vitest'
import type { Principal } from '../../credential/principal.ts'
import { loadStatementParser } from '../../policy/classify-statement.ts'
import { planAnswer } from './plan-answer.ts'
import { readParameters } from './read-parameters.ts'

const master: Principal = {
  accountId: 'account',
  accountName: 'owner',
  credentialId: 'key',
  credentialName: 'Master',
  kind: 'master',
  allowedApis: ['sql', 'maps'],
  engineEnabled: true,
  expiresAtMs: undefined,
  database: 'database',
  role: 'role',
  issuedAtMs: 0,
  mayWrite: true,
}

const plan = (q: string, parameters: Record<string, unknown> = {}, principal = master) =>
  planAnswer(principal, readParameters({ q, ...parameters }))

/** What is sent, one text a statement. */
const textsOf = (q: string, parameters: Record<string, unknown> = {}) =>
  plan(q, parameters).script.map(({ text }) => text)

beforeAll(loadStatementParser)

describe('a page', () => {
  const page = { rows_per_page: '10', page: '3' }

  test('is a window on the statement, which may end in a semicolon or a comment', () => {
    expect(textsOf('select 1 as a; -- x', page)).toEqual([
      'select * from (\nselect 1 as a\n) as _postern\nlimit 10 offset 30',
    ])
    expect(textsOf('with t as (select 1) select * from t -- x', page)).toEqual([
      'select * from (\nwith t as (select 1) select * from t -- x\n) as _postern\nlimit 10 offset 30',
    ])
  })

  test.each([
    'insert into t values (1)',
    'select 1 into t',
    'with t as (delete from t returning *) select * from t',
    'explain select 1',
    '',
  ])('of %j is the statement itself', (q) => {
    expect(textsOf(q, page)).toEqual([q])
  })
})

test('an order is by one quoted name', () => {
  expect(textsOf('select 1', { order_by: 'a" desc; drop table t --', sort_order: 'asc' })).toEqual([
    'select * from (\nselect 1\n) as _postern\norder by "a"" desc; drop table t --" asc',
  ])
})

test('several statements are sent one by one, as PostgreSQL has cut them, whatever page is asked for', () => {
  const { script, lane } = plan("; begin; select 'é;' as a -- ;\n;; commit;", {
    rows_per_page: '1',
    page: '1',
  })
  expect(lane).toBe('caller')
  expect(script).toEqual([
    { text: 'begin', controlsTransaction: true },
    { text: "select 'é;' as a -- ;\n", controlsTransaction: false },
    { text: 'commit', controlsTransaction: true },
  ])
})

test('a format that is not JSON is made of a single SELECT only', () => {
  for (const q of [
    'insert into t values (1) returning *',
    'select 1 into t',
    'show all',
    '',
    'select 1; select 2',
  ]) {
    for (const format of ['geojson', 'csv']) {
      expect(() => plan(q, { format })).toThrow(
        `format=${format} needs a single SELECT that only reads.`,
      )
    }
  }
})

test('what may be asked is decided before what it is dressed as', () => {
  const regular: Principal = { ...master, kind: 'regular', mayWrite: false }
  expect(() => plan('select * from pg_class', { format: 'csv' }, regular)).toThrow(
    'system tables are forbidden',
  )
  expect(plan('select 1', { format: 'csv' }, regular)).toMatchObject({
    script: [{ text: 'select 1' }],
    lane: 'reader',
  })
})
