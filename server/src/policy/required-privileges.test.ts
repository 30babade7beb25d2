import { beforeAll, expect, it } from 'vitest'
import type { RelationRights, RoleRights } from './missing-privileges.ts'
import { findMissingPrivileges } from './missing-privileges.ts'
import { requiredPrivileges } from './required-privileges.ts'
import { loadStatementParser, parseStatements } from './statement-parser.ts'

beforeAll(loadStatementParser)

/** Tables of one database, and their columns; the role has nothing on any of them. */
const tables: Readonly<Record<string, readonly string[]>> = {
  t: ['id', 'a', 'b'],
  o: ['id', 'c'],
  s: [],
}

const nobody: RoleRights = {
  relation: ({ name }) => rightsOn(name),
  creation: (schema = 'public') => ({ schema, mayCreate: false }),
  mayCreateTemporary: false,
  mayCall: (_schema, name) => name !== 'forbidden',
}

function rightsOn(name: string): RelationRights | undefined {
  const columns = tables[name]
  return (
    columns && {
      schema: 'public',
      name,
      reachesSchema: true,
      held: [],
      readsSomeColumns: false,
      isInvokersView: false,
      isGrantable: true,
      columns,
    }
  )
}

it.each([
  // What an UPDATE or DELETE looks at is read, what it only sets is not.
  ['update t set a = 1', 't: update'],
  ['update t set a = b', 't: update, select'],
  ['update t as x set a = x.b', 't: update, select'],
  ['update t set a = c from o', 'o: select; t: update'],
  ['update t set a = (select c from o)', 'o: select; t: update'],
  ['update t set a = (select c from o where o.id = t.id)', 'o: select; t: update, select'],
  ['update t set a = (select max(b) from o)', 'o: select; t: update, select'],
  ['update t set a = 1 where (select true from o where id = 1)', 'o: select; t: update'],
  ['delete from t', 't: delete'],
  ['delete from t where t is null', 't: delete, select'],
  ['delete from t using o where o.c = 1', 'o: select; t: delete'],
  ['delete from t returning *', 't: delete, select'],
  ['with gone as (delete from t) select * from gone', 't: delete'],
  // What is inserted is not read, unless it is given back or compared.
  ['insert into t (a) values (1)', 't: insert'],
  ['insert into t (a) select c from o', 'o: select; t: insert'],
  ['insert into t (a) values (1) returning id', 't: insert, select'],
  ['insert into t (a) values (1) on conflict do nothing', 't: insert'],
  ['insert into t (a) values (1) on conflict (id) do nothing', 't: insert, select'],
  [
    'insert into t (a) values (1) on conflict (id) do update set a = excluded.a',
    't: insert, update, select',
  ],
  ['merge into t using o on t.id = o.id when matched then delete', 'o: select; t: delete, select'],
  // Reading, and what stands in for a table.
  ['select 1', ''],
  ['with t as (select 1) select * from t', ''],
  ['with o as (select 1), t as (select * from o) select * from t, s', 's: select'],
  ['with recursive t as (select 1 union select * from t) select * from t', ''],
  ['with t as (select * from t) select * from t', 't: select'],
  ['select * from t for update', 't: select, update'],
  ['select * from t, o for share of o', 't: select; o: select, update'],
  ['select * from (select * from t) as x for update', 't: select, update'],
  ['select * from t tablesample system (1)', 't: select'],
  ['explain analyze delete from t', 't: delete'],
  [`select nextval('s')`, 's: usage'],
  [`select pg_catalog.setval('public.s'::regclass, 1)`, 's: update'],
  ['select forbidden(id) from t', 't: select; function forbidden'],
  ['select 1 where exists (select from t where forbidden())', 't: select; function forbidden'],
  // Tables themselves.
  ['create table n (id int)', 'schema public'],
  ['create table n (id int references t, like o)', 'schema public; t: references; o: select'],
  ['create table n (id int references n)', 'schema public'],
  ['create table n (id int default forbidden())', 'schema public'],
  ['create temporary table n as select * from t', 'temporary_tables; t: select'],
  ['create table n (id int); insert into n values (1); drop table n', 'schema public'],
  ['select * into archive.n from t', 't: select; schema archive'],
  ['alter table t add foreign key (id) references o', 't: own; o: references'],
  ['alter table t set schema archive', 't: own; schema archive'],
  ['drop table t, o', 't: own; o: own'],
  ['truncate t', 't: truncate'],
  ['drop table nowhere', 'nowhere: existence'],
  ['drop table if exists nowhere', ''],
])('%s asks for: %s', (sql, expected) => {
  const { requirements, isWhole } = requiredPrivileges(parseStatements(sql))
  expect(isWhole).toBe(true)
  const { lacks } = findMissingPrivileges(requirements, nobody)
  const words = lacks.map((lack) => {
    switch (lack.what) {
      case 'table':
        return `${lack.table}: ${lack.verbs.join(', ')}`
      case 'ownership':
        return `${lack.table}: own`
      case 'existence':
        return `${lack.table}: existence`
      case 'schema':
        return `schema ${lack.schema}`
      case 'function':
        return `function ${lack.function}`
      default:
        return lack.what
    }
  })
  expect(words.sort()).toEqual(expected === '' ? [] : expected.split('; ').sort())
})

it.each(['call p()', 'create extension dblink', 'do $$ begin end $$'])(
  'knows that it does not know all of what %s asks for',
  (sql) => expect(requiredPrivileges(parseStatements(sql)).isWhole).toBe(false),
)

const list = (length: number, item: string) => Array.from({ length }, () => item).join(', ')

it.each([
  [
    'columns of tables',
    `update t set a = 1 from ${list(15_000, 'o')} where (${list(15_000, 'c')})`,
  ],
  ['columns of nothing', `select ${list(20_000, 'a')} from ${list(20_000, 's')}`],
  ['WITH clauses', `with ${list(7_000, 'w as (select 1)').replace(/w/g, nextName())} select 1`],
])('does not look at more %s than it can at once', (_what, sql) => {
  const statements = parseStatements(sql)
  expect(() => requiredPrivileges(statements)).toThrow(RangeError)
})

it('looks at all of a statement that is merely long', () => {
  const sql = `select ${list(1_000, 'a')} from ${list(100, 't')}`
  expect(requiredPrivileges(parseStatements(sql)).requirements).toHaveLength(100)
})

function nextName(): () => string {
  let next = 0
  return () => `w${next++}`
}
