import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runInSession } from '../../test/run-in-session.ts'
import { createTestWarehouse, type TestWarehouse } from '../../test/warehouse-database.ts'
import type { SourceAccess } from '../policy/decide-source.ts'
import { readQuery } from '../policy/read-query.ts'
import { loadStatementParser } from '../policy/statement-parser.ts'
import type { Session } from '../warehouse/session.ts'
import { compileFilters } from './compile-filters.ts'
import { openSource } from './open-source.ts'

let warehouse: TestWarehouse
let session: Session
let access: SourceAccess

beforeAll(async () => {
  await loadStatementParser()
  warehouse = await createTestWarehouse()
  const role = await warehouse.createRole()
  await warehouse.superuser.query(`
    create type mood as enum ('glad');
    create table "places X" (id int, size int8, share float4, name text, code bpchar(4),
      open bool, day date, seen timestamptz(6), at time, tags text[], props jsonb, mood mood, hidden int);
    grant select (id, size, share, name, code, open, day, seen, at, tags, props, mood) on "places X" to ${role};
    insert into "places X" values
      (1, 9007199254740993, 0.1, 'Málaga', 'ab', true, '2020-01-01', '2020-01-01 00:00:00.0005+00', '10:00', '{a}', '{}', 'glad', 1),
      (2, 5, 0.5, 'ÉVORA (PT)', 'cd', false, '1969-12-31', '1969-12-31 23:59:59.9995+00', '11:00', null, '{}', 'glad', 1),
      (3, null, null, null, null, null, null, null, null, null, null, null, 1);
    create table secrets (id int)`)
  session = await warehouse.open(role)
  access = { session: { database: '', role }, readOnly: true }
})
afterAll(() => warehouse.close())

const openTable = (name: string) =>
  openSource(session, access, { kind: 'table', relation: { name } }, undefined)

const openQuery = (statement: string, queryParameters?: unknown) =>
  openSource(session, { ...access, statement }, readQuery('select 1'), queryParameters)

test('a table: the columns that the role may read, in the words of the API', async () => {
  const source = await openTable('places X')
  expect(source).toMatchObject({
    from: '"public"."places X"',
    values: [],
    postgisSchema: 'postgis',
  })
  expect(Object.fromEntries(source.columns.map(({ name, type }) => [name, type]))).toEqual({
    id: 'number',
    size: 'bigint',
    share: 'number',
    name: 'string',
    code: 'string',
    open: 'boolean',
    day: 'timestamp',
    seen: 'timestamp',
    at: 'unknown',
    tags: 'array',
    props: 'object',
    mood: 'unknown',
  })
})

test.each(['secrets', 'nothing', 'pg_class"; select'])(
  'a table that the role may not read is as one that is not there: %s',
  async (name) => {
    await expect(openTable(name)).rejects.toMatchObject({ code: 'source_not_granted' })
  },
)

test('a query: what was allowed runs, with its parameters bound', async () => {
  const source = await openQuery(
    'select id as "the id", name from "places X" where id = @id; -- ours',
    { id: 2 },
  )
  expect(source.columns).toMatchObject([
    { name: 'the id', type: 'number' },
    { name: 'name', type: 'string' },
  ])
  expect(source.values).toEqual(['2'])
  const { rows } = await runInSession(session, {
    text: `select name from ${source.from} as source`,
    values: source.values,
  })
  await session.settled()
  expect(rows).toEqual([['ÉVORA (PT)']])
})

test.each([
  ['a comment at its end', 'select 1 as n -- )'],
  ['a parenthesis in a text', "select ') as source; drop table x; --' as n"],
  ['a WITH', 'with x as (select 1 as n) select n from x'],
  ['a UNION', 'select 1 as n union select 2'],
  ['an order and a limit', 'select 1 as n order by 1 limit 1'],
])('a query with %s', async (_, statement) => {
  expect((await openQuery(statement)).columns).toMatchObject([{ name: 'n' }])
})

test.each([
  ['nothing', ''],
  ['two statements', 'select 1; select 2'],
  ['a statement that writes', 'delete from "places X"'],
  ['one that locks', 'select * from "places X" for update'],
  ['one that makes a table', 'select 1 into stolen'],
  ['an explanation', 'explain select 1'],
  ['half a query', 'select 1) as source; select (1'],
])('a query is one SELECT, not %s', async (_, statement) => {
  await expect(openQuery(statement)).rejects.toMatchObject({
    code: expect.stringMatching(/^(missing_sql|statement_not_\w+)$/),
  })
})

test('a table behind a query is the role’s to read', async () => {
  await expect(openQuery('select * from secrets')).rejects.toMatchObject({ sqlstate: '42501' })
  await session.settled()
})

describe('filters over rows', () => {
  const idsOf = async (filters: unknown, logicalOperator?: string) => {
    const source = await openTable('places X')
    const { sql, values } = compileFilters(filters, {
      logicalOperator,
      columns: source.columns,
      firstParameter: 1,
    })
    const { rows } = await runInSession(session, {
      text: `select id from ${source.from} as source where ${sql} order by id`,
      values,
    })
    await session.settled()
    return rows.map(([id]) => Number(id))
  }

  test.each([
    ['numbers that JSON cannot hold', { size: { in: { values: ['9007199254740993'] } } }, [1]],
    ['a whole number among fractions', { id: { in: { values: [1.5, 2] } } }, [2]],
    ['little precision', { share: { in: { values: [0.1] } } }, [1]],
    ['nothing in a list', { id: { in: { values: [] } } }, []],
    ['null in a list', { name: { in: { values: [null] } } }, []],
    ['a truth', { open: { in: { values: [false] } } }, [2]],
    ['a padded text', { code: { in: { values: ['ab'] } } }, [1]],
    ['an enum', { mood: { in: { values: ['glad', 'sad'] } } }, [1, 2]],
    ['texts between others', { name: { between: { values: [['M', 'N']] } } }, [1]],
    ['a day', { day: { in: { values: ['2020-01-01'] } } }, [1]],
    ['a millisecond', { seen: { in: { values: [Date.UTC(2020, 0, 1)] } } }, [1]],
    ['a millisecond before 1970', { seen: { time: { values: [[-1, -1]] } } }, [2]],
    ['times after all time', { seen: { time: { values: [[-1e300, 1e300]] } } }, [1, 2]],
    ['epochs', { id: { time: { values: [[1, 1]] } } }, [1]],
    [
      'part of a text, marks and case aside',
      { name: { stringSearch: { values: ['EvorA'] } } },
      [2],
    ],
    ['signs as they are', { name: { stringSearch: { values: ['(p'] } } }, [2]],
    [
      'accents that count',
      { name: { stringSearch: { values: ['malaga'], params: { keepSpecialCharacters: true } } } },
      [],
    ],
    [
      'case that counts',
      { name: { stringSearch: { values: ['evora', 'Malaga'], params: { caseSensitive: true } } } },
      [1],
    ],
    [
      'a beginning',
      { name: { stringSearch: { values: ['ma'], params: { mustStart: true } } } },
      [1],
    ],
    [
      'no beginning',
      { name: { stringSearch: { values: ['a'], params: { mustStart: true } } } },
      [],
    ],
    ['an end', { name: { stringSearch: { values: ['PT)'], params: { mustEnd: true } } } }, [2]],
    [
      'all of it',
      {
        name: { stringSearch: { values: ['malaga'], params: { mustStart: true, mustEnd: true } } },
      },
      [1],
    ],
    [
      'a pattern',
      { name: { stringSearch: { values: ['^m.*a$'], params: { useRegExp: true } } } },
      [1],
    ],
    ['no text at all', { name: { stringSearch: { values: [] } } }, [1, 2]],
    ['a column without a filter', { name: {} }, [1, 2]],
  ])('%s', async (_, filters, ids) => {
    expect(await idsOf(filters)).toEqual(ids)
  })

  test('one of several columns', async () => {
    const filters = { id: { in: { values: [3] } }, name: { stringSearch: { values: ['mal'] } } }
    expect(await idsOf(filters, 'or')).toEqual([1, 3])
    expect(await idsOf(filters, 'and')).toEqual([])
  })
})
