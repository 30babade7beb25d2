import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { classifyStatement, loadStatementParser, type Statement } from './classify-statement.ts'

const maxBytes = 1024 * 1024

beforeAll(loadStatementParser)

function classifyOne(sql: string): Statement {
  const shape = classifyStatement(sql, { maxBytes })
  if (!shape.understood) throw new Error(shape.message)
  const [statement, second] = shape.statements
  if (statement === undefined || second !== undefined) throw new Error('not one statement')
  return statement
}

function relationsOf(sql: string): string[] {
  return classifyOne(sql)
    .relations.map(({ schema, name }) => (schema === undefined ? name : `${schema}.${name}`))
    .sort()
}

describe('what only reads', () => {
  test.each<[sql: string, kind: Statement['kind'], reads: boolean]>([
    ['select 1', 'select', true],
    ['values (1), (2)', 'select', true],
    ['table parcels', 'select', true],
    ['select * from a union select * from b', 'select', true],
    ['with a as (select 1) select * from a', 'select', true],
    ['select count(*) from (select 1 from a for key share) as x', 'select', false],
    ['select * from a for update', 'select', false],
    ['select * from a for no key update skip locked', 'select', false],
    ['select * from a for share', 'select', false],
    ['(select * from a for update) union all select * from b', 'select', false],
    ['with x as (delete from a returning *) select * from x', 'select', false],
    ['with x as (insert into a values (1) returning *) select 1', 'select', false],
    ['with x as (update a set b = 1 returning *) select 1', 'select', false],
    [
      'with x as (merge into a using b on true when matched then delete returning *) select 1',
      'select',
      false,
    ],
    ['select * from (with x as (delete from a returning *) select * from x) as y', 'select', false],
    ['select (with x as (delete from a returning 1) select 1 from x)', 'select', false],
    ['select * into b from a', 'create_table_as', false],
    ['select * into b from a union select * from c union select 1', 'create_table_as', false],
    ['create table b as select * from a', 'create_table_as', false],
    ['insert into a values (1)', 'insert', false],
    ['insert into a values (1) on conflict do nothing', 'insert', false],
    ['update a set b = 1', 'update', false],
    ['delete from a', 'delete', false],
    ['merge into a using b on a.x = b.x when matched then delete', 'merge', false],
    ['explain select 1', 'explain', true],
    ['explain (analyze, buffers) select * from a', 'explain_analyze', true],
    ['explain analyze verbose select * from a', 'explain_analyze', true],
    ['explain (analyze false, format json) select 1', 'explain', true],
    ['explain (analyze false, analyze true) select 1', 'explain_analyze', true],
    ['explain (analyze 0) select 1', 'explain_analyze', true],
    ['explain delete from a', 'explain', false],
    ['explain analyze delete from a', 'explain_analyze', false],
    ['explain analyze with x as (delete from a returning 1) select 1', 'explain_analyze', false],
    ['explain create table b as select 1', 'explain_other', false],
    ['explain execute p', 'explain_other', false],
    ['show search_path', 'show', true],
    ['copy a to stdout', 'copy', false],
    ['set transaction read write', 'setting', false],
    ['vacuum a', 'maintenance', false],
    ['do $$ begin end $$', 'do', false],
    ['refresh materialized view a', 'maintenance', false],
  ])('%s: %s, reads: %s', (sql, kind, reads) => {
    expect(classifyOne(sql)).toMatchObject({ kind, reads })
  })
})

describe('the relations that a statement names', () => {
  test.each<[sql: string, relations: string[]]>([
    ['select 1', []],
    ["select 'pg_class', pg_attribute from a as pg_type", ['a']],
    ['select a.b from a', ['a']],
    [
      'select * from a, b join c using (x) left join lateral (select * from d) as e on true',
      ['a', 'b', 'c', 'd'],
    ],
    ['select * from a, a, public.a', ['a', 'public.a']],
    ['select * from "A b"', ['A b']],
    ['select * from db.public.a', ['public.a']],
    [
      'select (select 1 from a), exists (select 1 from b) from c where d in (select d from e)',
      ['a', 'b', 'c', 'e'],
    ],
    ['select * from a tablesample system (1)', ['a']],
    ['select * from generate_series(1, (select max(x) from a)) as s', ['a']],
    ["select * from xmltable('/x' passing (select y from a) columns b int)", ['a']],
    ['select * from a for update of a', ['a']],
    ['select * from a as x for update of x', ['a']],
    ['values ((select 1 from a))', ['a']],
    ['table a', ['a']],
    ['select 1 from a order by (select 1 from b) limit (select 1 from c)', ['a', 'b', 'c']],
    [
      'select sum(x) filter (where exists (select 1 from b)) over (order by (select 1 from c)) from a',
      ['a', 'b', 'c'],
    ],
    ['insert into a select * from b returning (select 1 from c)', ['a', 'b', 'c']],
    ['insert into a values (1) on conflict (x) do update set y = (select 1 from b)', ['a', 'b']],
    [
      'update a set x = (select 1 from b) from c where exists (select 1 from d)',
      ['a', 'b', 'c', 'd'],
    ],
    ['delete from a using b where a.x = b.x', ['a', 'b']],
    ['merge into a using (select * from b) as s on true when matched then delete', ['a', 'b']],
    ['explain analyze select * from a', ['a']],
    ['select * into b from a', ['a', 'b']],
    ['create table b as select * from a', ['a', 'b']],
    ['create table a (x int references b, like c) inherits (d)', ['a', 'b', 'c', 'd']],
    ['create index on a (x)', ['a']],
    ['alter table a attach partition b default', ['a', 'b']],
    ['drop table a, public.b, db.public.c', ['a', 'public.b', 'public.c']],
    ['drop function a', []],
    ['truncate a, b', ['a', 'b']],
    ["comment on table a is 'b'", ['a']],
    ["comment on column public.a.x is 'b'", ['public.a']],
    ["comment on constraint c on a is 'b'", ['a']],
    ['copy a to stdout', ['a']],
    ['create view v as select * from a', ['a', 'v']],
    ['grant select on a to public', ['a']],
  ])('%s', (sql, relations) => {
    expect(relationsOf(sql)).toEqual(relations)
  })
})

describe('names of a WITH clause are not relations', () => {
  test.each<[what: string, sql: string, relations: string[]]>([
    ['in the statement', 'with x as (select * from a) select * from x', ['a']],
    ['in a nested statement', 'with x as (select 1) select (select 1 from x where true)', []],
    ['in a UNION', 'with x as (select 1) select * from x union select * from x', []],
    ['in a later name', 'with x as (select 1), y as (select * from x) select * from y', []],
    [
      'but in an earlier one',
      'with y as (select * from x), x as (select 1) select * from y',
      ['x'],
    ],
    ['but in itself', 'with x as (select * from x) select * from x', ['x']],
    [
      'in an earlier one of a recursive clause',
      'with recursive y as (select * from x), x as (select 1) select * from y',
      [],
    ],
    [
      'in itself when recursive',
      'with recursive x as (select 1 union all select * from x) select * from x',
      [],
    ],
    ['but with a schema', 'with x as (select 1) select * from public.x', ['public.x']],
    ['but outside of its statement', 'select (with x as (select 1) select 1 from x) from x', ['x']],
    [
      'but in a neighbour',
      'select * from (with x as (select 1) select * from x) as a, (select * from x) as b',
      ['x'],
    ],
    ['but by another spelling', 'with "X" as (select 1) select * from x', ['x']],
    [
      'in a nested WITH',
      'with x as (select 1) select * from (with y as (select * from x) select * from x, y) as z',
      [],
    ],
    ['in what is inserted', 'with x as (select 1) insert into a select * from x', ['a']],
    ['but as the target of an insert', 'with x as (select 1) insert into x select 1', ['x']],
    ['but as the target of an INTO', 'with x as (select 1) select 1 into x', ['x']],
    [
      'called like a catalogue',
      'with pg_class as (select 1) select * from pg_class, pg_catalog.pg_class',
      ['pg_catalog.pg_class'],
    ],
    [
      'called like a member of every object',
      'select * from constructor, "__proto__"',
      ['__proto__', 'constructor'],
    ],
  ])('%s', (_, sql, relations) => {
    expect(relationsOf(sql)).toEqual(relations)
  })
})

describe('the text of each statement', () => {
  test.each<[sql: string, texts: string[]]>([
    ['select 1', ['select 1']],
    ['select 1;', ['select 1']],
    ['  select 1  ;  ', ['select 1  ']],
    ['select 1;;; select 2 -- two', ['select 1', 'select 2 -- two']],
    ["/* é */ select 'é'; /* 🗺️ */ select '🗺️' ;", ["select 'é'", "select '🗺️' "]],
    ["select ';'; select $$;$$", ["select ';'", 'select $$;$$']],
    ['-- nothing', []],
    ['/* /* nested */ */ ;; \n', []],
    ['', []],
    [' \t\n', []],
  ])('%j', (sql, texts) => {
    const shape = classifyStatement(sql, { maxBytes })
    expect(
      shape.understood && shape.statements.map(({ range }) => sql.slice(range.start, range.end)),
    ).toEqual(texts)
  })
})

describe('what is not understood', () => {
  test.each<[what: string, sql: string, message: string, position?: number]>([
    ['no SQL', 'give me everything', 'syntax error at or near "give"', 1],
    ['half a statement', 'select * from', 'syntax error at end of input', 14],
    ['an unterminated string', "select 'é", 'unterminated quoted string at or near "\'é"', 8],
    [
      'a mistake after letters of many bytes',
      "select '東京' x y",
      'syntax error at or near "y"',
      15,
    ],
    [
      'a mistake in the second statement',
      'select 1; selec 2',
      'syntax error at or near "selec"',
      11,
    ],
    ['an unterminated comment', 'select 1 /* ', 'unterminated /* comment at or near "/* "', 10],
    ['a NUL', 'select 1\0', 'The statement contains a character that PostgreSQL cannot store.'],
    [
      'a NUL before more',
      'select 1 \0; drop table a',
      'The statement contains a character that PostgreSQL cannot store.',
    ],
    [
      'half a pair',
      "select '\ud800'",
      'The statement contains a character that PostgreSQL cannot store.',
    ],
    [
      'half a pair at the end',
      'select 1 -- \ud83d',
      'The statement contains a character that PostgreSQL cannot store.',
    ],
  ])('%s', (_, sql, message, position) => {
    expect(classifyStatement(sql, { maxBytes })).toEqual({
      understood: false,
      reason: 'statement_not_understood',
      message,
      ...(position !== undefined && { position }),
    })
  })

  test.each([
    '/*'.repeat(101),
    'select 1 /**//**/'.padEnd(1_200, '/**/'),
    `select ${'+'.repeat(201)}1`,
  ])('what would take the parser the square of its length: %s', (sql) => {
    expect(classifyStatement(sql, { maxBytes })).toEqual({
      understood: false,
      reason: 'statement_not_understood',
      message: 'The statement contains more than 200 operator characters in a row.',
    })
  })

  test('but not the lines that people draw in comments', () => {
    const sql = `/${'*'.repeat(180)}\n${'-'.repeat(180)}\n${'='.repeat(180)}*/ select 1`
    expect(classifyOne(sql).kind).toBe('select')
  })

  test('more bytes than allowed, before anything else', () => {
    expect(classifyStatement("select 'éé'\0", { maxBytes: 13 })).toEqual({
      understood: false,
      reason: 'sql_too_long',
      message: 'The SQL statement is too long (maximum is 13 bytes).',
    })
    expect(classifyStatement("select 'éé'", { maxBytes: 13 }).understood).toBe(true)
  })
})

describe('never throws', () => {
  const word = fc.constantFrom(
    ...['select', 'from', 'with', 'recursive', 'as', 'into', 'insert', 'values', 'explain', '*'],
    ...['(', ')', ',', ';', "'", '"', '$$', '--', '/*', '*/', '\n', 'é', '🗺️', '\ufeff', 'a', '1'],
    ...['for update', 'delete from a', 'returning', 'union', 'create table', 'pg_class', "E'\\'"],
  )

  test.each([
    ['whatever the characters', fc.string({ unit: 'binary' })],
    [
      'whatever the code units',
      fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
    ],
    ['whatever the order of the words', fc.array(word).map((words) => words.join(' '))],
    [
      'whatever stands in a string',
      fc.string({ unit: 'grapheme' }).map((s) => `select '${s}'; select 1`),
    ],
  ])('%s', (_, texts) => {
    fc.assert(
      fc.property(texts, (sql) => {
        const shape = classifyStatement(sql, { maxBytes })
        if (!shape.understood) {
          expect(shape.message).not.toBe('')
          return
        }
        let last = 0
        for (const { range } of shape.statements) {
          expect(range.start).toBeGreaterThanOrEqual(last)
          expect(range.end).toBeGreaterThan(range.start)
          expect(classifyStatement(sql.slice(range.start, range.end), { maxBytes })).toMatchObject({
            understood: true,
            statements: [{}],
          })
          last = range.end
        }
        expect(last).toBeLessThanOrEqual(sql.length)
      }),
      { numRuns: 500 },
    )
  })
})

describe('nesting', () => {
  test.each<[what: string, sql: string]>([
    ['parentheses', `select ${'('.repeat(4_000)}1${')'.repeat(4_000)}`],
    ['a long sum', `select ${'1 + '.repeat(1_000)}1`],
    ['subqueries', `select ${'(select '.repeat(500)}1${')'.repeat(500)}`],
    ['a long UNION', Array(1_000).fill('select 1').join(' union ')],
    ['a long AND', `select ${'true and '.repeat(20_000)}true`],
  ])('%s: as deep as people write is understood', (_, sql) => {
    expect(classifyOne(sql)).toMatchObject({ kind: 'select', reads: true })
  })

  test('deeper than the parser can go is not understood', () => {
    expect(classifyStatement(`select 1${'::int'.repeat(100_000)}`, { maxBytes })).toEqual({
      understood: false,
      reason: 'statement_not_understood',
      message: 'The statement is nested too deeply.',
    })
    expect(classifyOne('select 1').kind).toBe('select')
  })

  test('a write below very much nesting is found', () => {
    const sql = `select ${'(select '.repeat(400)}(with x as (delete from a returning 1) select 1 from x)${')'.repeat(400)}`
    expect(classifyOne(sql)).toMatchObject({ reads: false, relations: [{ name: 'a' }] })
  })

  test('thousands of WITH names do not cost their square', () => {
    const names = Array.from({ length: 8_000 }, (_, i) => `a${i} as (select 1 from b${i})`)
    expect(relationsOf(`with ${names.join(',')} select 1`)).toHaveLength(8_000)
  })
})

test('a SELECT that differs from one before it in its numbers has the same shape, and its own range', () => {
  const first = classifyOne('select a from s.t1 where id = 1 for update')
  const second = classifyOne('select a from s.t1 where id = 4711 for update')
  expect(second).toEqual({ ...first, range: { start: 0, end: 45 } })
  expect(relationsOf('select a from s.t2 where id = 1 for update')).toEqual(['s.t2'])
})
