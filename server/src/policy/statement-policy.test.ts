import { beforeAll, describe, expect, test } from 'vitest'
import type { ApiKeyType } from '../credential/principal.ts'
import { classifyStatement, loadStatementParser } from './classify-statement.ts'
import { findStatementRefusal, type StatementKind, statementPolicy } from './statement-policy.ts'

beforeAll(loadStatementParser)

const keyKinds: readonly ApiKeyType[] = ['default', 'regular', 'master']

const runsForEverybody: readonly [StatementKind, ...string[]][] = [
  [
    'select',
    'select * from a',
    'select * from a for update',
    'with x as (delete from a returning *) select * from x',
    "select set_config('role', 'x', true)",
  ],
  ['insert', 'insert into a values (1) returning *'],
  ['update', 'update a set b = 1'],
  ['delete', 'delete from a'],
  ['merge', 'merge into a using b on a.x = b.x when matched then do nothing'],
  ['explain', 'explain select 1', 'explain delete from a'],
  ['explain_analyze', 'explain analyze delete from a'],
  ['show', 'show server_version'],
  ['create_table', 'create table a (b int)', 'create temporary table a (b int)'],
  [
    'create_table_as',
    'create table a as select 1',
    'select 1 into a',
    'create table a as select f(x) from b',
  ],
  [
    'create_index',
    'create index on a (b)',
    'create unique index concurrently i on a using gist (b)',
  ],
  ['alter_table', 'alter table a add b int', 'alter index a set (fillfactor = 70)'],
  [
    'drop_relation',
    'drop table a cascade',
    'drop view a',
    'drop materialized view a',
    'drop index a',
    'drop sequence a',
  ],
  [
    'rename_relation',
    'alter table a rename to b',
    'alter table a rename column b to c',
    'alter table a rename constraint b to c',
    'alter index a rename to b',
    'alter sequence a rename to b',
    'alter view a rename column b to c',
  ],
  ['move_relation', 'alter table a set schema b', 'alter sequence a set schema b'],
  [
    'comment_on_relation',
    "comment on table a is 'x'",
    "comment on column a.b is 'x'",
    'comment on view a is null',
    'comment on constraint c on a is null',
  ],
  ['truncate', 'truncate a, b cascade'],
  ['sequence', 'create sequence a', 'alter sequence a restart'],
  ['none', '', ' ; -- nothing'],
]

const runsForMasterOnly: readonly [StatementKind, ...string[]][] = [
  [
    'definition_with_code',
    'create table a (b int default evil())',
    'create table a (b int check (public.evil(b)))',
    'create index on a (evil(b))',
    'alter table a alter b set default evil()',
    'alter table a enable row level security',
    'alter table a disable trigger all',
    'alter table a enable always rule r',
    'alter table a replica identity full',
    'alter table a set tablespace t',
  ],
  [
    'view',
    'create view a as select 1',
    'create or replace recursive view a (n) as select 1',
    'create materialized view a as select 1',
  ],
  [
    'code',
    "create function f() returns int language sql as 'select 1'",
    "create procedure p() language sql as 'select 1'",
    'alter function f() security definer',
    'alter function f() rename to g',
    'alter function f() set schema s',
    'alter function f() owner to b',
    'grant execute on function f() to public',
    'drop function f',
    'drop routine f',
    'create trigger t before insert on a for each row execute function f()',
    'drop trigger t on a',
    'alter trigger t on a rename to u',
    'alter trigger t on a depends on extension e',
    'create event trigger t on ddl_command_start execute function f()',
    'alter event trigger t disable',
    'create rule r as on insert to a do instead nothing',
    'drop rule r on a',
    'create policy p on a using (true)',
    'alter policy p on a using (f())',
    'drop policy p on a',
    'create operator === (leftarg = int, rightarg = int, function = f)',
    'drop operator === (int, int)',
    'alter operator === (int, int) set (restrict = none)',
    'create operator class c for type int using btree as operator 1 <',
    'create operator family f using btree',
    'alter operator family f using btree drop operator 1 (int, int)',
    'create aggregate a (int) (sfunc = f, stype = int)',
    'drop aggregate a (int)',
    'create cast (int as text) with function f(int)',
    'drop cast (int as text)',
    'create conversion c for $$UTF8$$ to $$LATIN1$$ from f',
    'create transform for int language l (from sql with function f(internal))',
    'create type t',
    'create type t as (a int)',
    "create type t as enum ('a')",
    'create type t as range (subtype = int)',
    "alter type t add value 'b'",
    'alter type t add attribute b int',
    'alter type t rename attribute a to b',
    'alter type t set (send = f)',
    'drop type t',
    'create domain d as int check (f(value))',
    'alter domain d set default f()',
    'alter domain d rename constraint a to b',
    'drop domain d',
    'create collation c from "C"',
    'alter collation c refresh version',
    'drop language l',
    'create text search dictionary d (template = simple)',
    'create text search parser p (start = f)',
    'alter text search configuration c add mapping for word with d',
    'alter text search dictionary d (a = 1)',
    'comment on function f is null',
  ],
  ['do', 'do $$ begin end $$', 'do language plpgsql $$ begin commit; end $$'],
  ['call', 'call p()'],
  [
    'statistics',
    'create statistics s on a, b from c',
    'alter statistics s set statistics 5',
    'drop statistics s',
  ],
  [
    'schema',
    'create schema s',
    'create schema s create table a (b int default evil())',
    'alter schema s rename to t',
    'drop schema s cascade',
    'grant create on schema s to public',
  ],
  [
    'extension',
    'create extension dblink',
    'create language l',
    'alter extension e update',
    'alter extension e add table a',
    'drop extension e',
  ],
  [
    'foreign_data',
    'create foreign data wrapper w',
    'alter foreign data wrapper w no handler',
    'create server s foreign data wrapper w',
    "alter server s options (add a 'b')",
    'create foreign table a (b int) server s',
    'alter foreign table a add c int',
    'alter foreign table a rename column b to c',
    'drop foreign table a',
    'import foreign schema a from server s into b',
    'create user mapping for current_user server s',
    "alter user mapping for current_user server s options (set a 'b')",
    'drop user mapping for current_user server s',
  ],
  ['large_object', 'comment on large object 1 is null', 'alter large object 1 owner to b'],
  [
    'owner',
    'alter table a owner to b',
    'alter table a add b int, owner to current_user',
    'alter view a owner to b',
    'alter sequence a owner to b',
  ],
  [
    'grant',
    'grant select on a to public',
    'revoke all on a from public',
    'grant select on all tables in schema public to public',
    'alter default privileges grant select on tables to public',
    "security label on table a is 'x'",
  ],
  [
    'maintenance',
    'vacuum a',
    'analyze a',
    'cluster a',
    'reindex table a',
    'refresh materialized view a',
  ],
]

/** By the master key; transaction control also by regular keys. */
const runsAmongOthers: readonly [StatementKind, ...string[]][] = [
  [
    'transaction',
    'begin',
    'start transaction',
    'commit',
    'end',
    'rollback',
    'abort',
    'rollback and chain',
    'commit and chain',
    'savepoint s',
    'release s',
    'rollback to s',
  ],
  [
    'setting',
    'set statement_timeout = 0',
    'set session characteristics as transaction read write',
    'set transaction read write',
    "set time zone 'UTC'",
    "set names 'LATIN1'",
    'set constraints all deferred',
    'reset all',
    'set "role of mine" = x',
  ],
  [
    'prepared_statement',
    'prepare p as select 1',
    'execute p',
    'deallocate p',
    'deallocate all',
    'create table a as execute p',
  ],
  [
    'cursor',
    'declare c cursor with hold for select 1',
    'fetch all from c',
    'move next from c',
    'close c',
    'close all',
  ],
  ['lock', 'lock table a in access exclusive mode'],
]

const runsSeveral: readonly [StatementKind, ...string[]][] = [
  [
    'several',
    'select 1; select 2',
    'select 1; reset role',
    'select 1; ; commit; set role x',
    ';select 1;;select 2',
  ],
]

const runsForNobody: readonly [StatementKind, ...string[]][] = [
  [
    'explain_other',
    'explain execute p',
    'explain analyze create table a as select 1',
    'explain declare c cursor for select 1',
  ],
  [
    'prepared_transaction',
    "prepare transaction 'x'",
    "commit prepared 'x'",
    "rollback prepared 'x'",
  ],
  [
    'another_role',
    'set role x',
    'set role none',
    'set local role x',
    'set session role x',
    'set role to default',
    'set "ROLE" = x',
    'set U&"r\\006fle" to x',
    'set session authorization x',
    'set local session authorization default',
    'set "Session_Authorization" to x',
    'reset role',
    'reset "Role"',
    'reset session authorization',
  ],
  [
    'copy',
    'copy a to stdout',
    'copy a from stdin',
    "copy a to program 'sh'",
    "copy (select 1) to '/x'",
  ],
  ['notification', 'listen c', "notify c, 'x'", 'unlisten *'],
  ['discard', 'discard all', 'discard temp', 'discard plans'],
  [
    'role',
    "alter role current_user password 'x'",
    "alter user current_user with password 'x'",
    'alter role current_user set statement_timeout = 0',
    'alter role all set search_path = x',
    'alter role a rename to b',
    'create role a',
    'create user a',
    'create group a',
    'alter group a add user b',
    'drop role a',
    'grant a to b',
    'revoke a from b',
    'drop owned by a',
    'reassign owned by a to b',
    'comment on role a is null',
    "security label on role a is 'x'",
  ],
  [
    'replication',
    'create publication p for all tables',
    'alter publication p add table a',
    'drop publication p',
    "create subscription s connection 'host=x' publication p",
    'alter subscription s disable',
    'alter subscription s owner to b',
    'drop subscription s',
  ],
  [
    'server',
    'create database d',
    'drop database d',
    'alter database d set work_mem = 1',
    'alter database d allow_connections false',
    'alter database d refresh collation version',
    'alter database d rename to e',
    'alter database d owner to b',
    'grant connect on database d to public',
    'grant set on parameter work_mem to public',
    'comment on database d is null',
    "create tablespace t location '/x'",
    'drop tablespace t',
    'alter tablespace t set (seq_page_cost = 1)',
    'alter table all in tablespace t set tablespace u',
    'grant create on tablespace t to public',
    'alter system set work_mem = 1',
    'create access method a type table handler h',
    'drop access method a',
    'checkpoint',
    "load 'x'",
  ],
]

function kindOf(sql: string): StatementKind {
  const shape = classifyStatement(sql, { maxBytes: 10_000 })
  if (!shape.understood) throw new Error(`${sql}: ${shape.message}`)
  const [first, second] = shape.statements
  if (first === undefined) return 'none'
  return second === undefined ? first.kind : 'several'
}

function whoMaySend(kind: StatementKind, isAmongOthers: boolean): ApiKeyType[] {
  return keyKinds.filter((key) => findStatementRefusal(kind, key, { isAmongOthers }) === undefined)
}

/** Alone or not. */
const eitherWay = [false, true]

const flatten = (rows: readonly [StatementKind, ...string[]][]) =>
  rows.flatMap(([kind, ...statements]) =>
    statements.map((sql): [string, StatementKind] => [sql, kind]),
  )

describe('every key may send', () => {
  test.each(flatten(runsForEverybody))('%s', (sql, kind) => {
    expect(kindOf(sql)).toBe(kind)
    for (const isAmongOthers of eitherWay) {
      expect(whoMaySend(kind, isAmongOthers)).toEqual(['default', 'regular', 'master'])
    }
  })
})

describe('only the master key may send', () => {
  test.each(flatten(runsForMasterOnly))('%s', (sql, kind) => {
    expect(kindOf(sql)).toBe(kind)
    for (const isAmongOthers of eitherWay)
      expect(whoMaySend(kind, isAmongOthers)).toEqual(['master'])
  })
})

describe('only among other statements, and never without a key of one’s own, may be sent', () => {
  test.each(flatten(runsAmongOthers))('%s', (sql, kind) => {
    expect(kindOf(sql)).toBe(kind)
    expect(whoMaySend(kind, false)).toEqual([])
    expect(whoMaySend(kind, true)).toEqual(
      kind === 'transaction' ? ['regular', 'master'] : ['master'],
    )
  })
})

test.each(flatten(runsSeveral))('keys of one’s own may send several: %s', (sql, kind) => {
  expect(kindOf(sql)).toBe(kind)
  expect(whoMaySend(kind, true)).toEqual(['regular', 'master'])
})

describe('no key may send', () => {
  test.each(flatten(runsForNobody))('%s', (sql, kind) => {
    expect(kindOf(sql)).toBe(kind)
    for (const isAmongOthers of eitherWay) expect(whoMaySend(kind, isAmongOthers)).toEqual([])
  })
})

test('every kind in the table has an example here', () => {
  const shown = [
    ...runsForEverybody,
    ...runsForMasterOnly,
    ...runsAmongOthers,
    ...runsSeveral,
    ...runsForNobody,
  ].map(([kind]) => kind)
  expect(new Set([...shown, 'unknown'])).toEqual(new Set(Object.keys(statementPolicy)))
})

test('every refusal says why', () => {
  for (const kind of Object.keys(statementPolicy) as StatementKind[]) {
    for (const key of keyKinds) {
      const reason = findStatementRefusal(kind, key, { isAmongOthers: false })
      if (reason !== undefined) expect(reason).toMatch(/^[A-Z].*\.$/)
    }
  }
})

test.each(['unknown', 'a kind of tomorrow', 'constructor', '__proto__', 'toString', ''])(
  'a kind called %j is refused to every key',
  (kind) => {
    expect(whoMaySend(kind as StatementKind, true)).toEqual([])
  },
)

test('a kind of key that is not in the table may send nothing', () => {
  for (const kind of Object.keys(statementPolicy) as StatementKind[]) {
    for (const key of ['oauth', 'constructor'] as unknown as ApiKeyType[]) {
      expect(findStatementRefusal(kind, key, { isAmongOthers: true })).toBeDefined()
    }
  }
})
