import { beforeAll, describe, expect, test } from 'vitest'
import { isPlainDefinition } from './plain-definition.ts'
import { plainFunctions } from './plain-functions.ts'
import { loadStatementParser, parseStatements } from './statement-parser.ts'

beforeAll(loadStatementParser)

function isPlain(sql: string): boolean {
  const [statement] = parseStatements(sql)
  if (statement === undefined) throw new Error('not a statement')
  return isPlainDefinition(statement.node, statement.body)
}

describe('plain', () => {
  test.each([
    'create table a (b int, c text not null, d numeric(10, 2)[] unique)',
    'create table a (cartodb_id bigserial primary key, the_geom geometry(point, 4326))',
    "create table a (b int default 1, c text default 'x', d bool default true, e int default -1)",
    "create table a (b text[] default '{}', c jsonb default '{}'::jsonb, d int[] default array[1])",
    'create table a (b timestamptz default now(), c date default current_date)',
    "create table a (b timestamp default (now() at time zone 'utc'))",
    "create table a (b int default nextval('s'::regclass), c uuid default gen_random_uuid())",
    'create table a (b int default pg_catalog.random() * 10)',
    'create table a (b int generated always as identity (start 10))',
    'create table a (b int, c int generated always as (b * 2 + coalesce(b, 0)) stored)',
    "create table a (b text check (b in ('x', 'y') and length(b) between 1 and 3 or b is null))",
    "create table a (b text check (lower(b) like 'x%'), constraint c check (b <> ''))",
    'create table a (b text collate "C" check (case when b = $$x$$ then true else false end))',
    'create table a (b int references c on delete cascade, foreign key (b) references c (d))',
    'create table a (g geometry check (postgis.st_isvalid(g) and st_srid(g) = 4326))',
    'create table a (b daterange, exclude using gist (b with &&))',
    'create table a (like b including all) inherits (c) with (fillfactor = 70)',
    'create table a (b int) partition by range (b, lower(c))',
    'create table a partition of b for values from (1) to (maxvalue)',
    "create table a partition of b for values in ('x', null)",
    'create index on a (b desc nulls last, lower(c) text_pattern_ops) include (d) where e > 1',
    'create index on a using gist (st_transform(g, 3857))',
    'create index on a ((b operator(pg_catalog.+) 1))',
    'alter table a add b int default 1, drop c cascade, alter d set not null',
    'alter table a alter b type bigint using b::bigint',
    'alter table a add constraint c check (b > 0) not valid, validate constraint c',
    'alter table a add primary key using index i, cluster on i',
    'alter table a attach partition b for values from (1) to (2)',
    'alter table a detach partition b concurrently',
    'alter table a set (fillfactor = 50), set unlogged',
  ])('%s', (sql) => {
    expect(isPlain(sql)).toBe(true)
  })
})

describe('not plain', () => {
  test.each<[what: string, sql: string]>([
    ['a default that calls a function of the account', 'create table a (b int default evil())'],
    ['the same, in a schema', 'create table a (b int default public.evil())'],
    ['the same, below a plain function', 'create table a (b int default abs(evil()))'],
    ['the same, below an operator', 'create table a (b int default 1 + evil())'],
    ['the same, below a cast', 'create table a (b int default (evil())::int)'],
    ['the same, below CASE', 'create table a (b int default case when evil() then 1 end)'],
    ['the same, in an array', 'create table a (b int[] default array[evil()])'],
    ['a plain name in a schema of the account', 'create table a (b int default public.abs(1))'],
    ['a plain name in the schema of a key', 'create table a (b int default mine.now())'],
    ['SQL in a string', "create table a (b xml default query_to_xml('select 1', true, true, ''))"],
    ['a table read by name', "create table a (b xml default table_to_xml('b', true, true, ''))"],
    ['a setting changed', "create table a (b text default set_config('role', 'x', false))"],
    ['a notification sent', 'create table a (b int default pg_notify($$a$$, $$b$$))'],
    ['a sequence set back', "create table a (b int default setval('s', 1))"],
    ['a large object', 'create table a (b oid default lo_create(0))'],
    ['a session ended', 'create table a (b bool default pg_terminate_backend(1))'],
    ['a wait', 'create table a (b int default pg_sleep(1000))'],
    [
      'a function of PostGIS that runs SQL',
      "create table a (b int default find_srid('', 'a', 'g'))",
    ],
    ['a subquery', 'create table a (b int default (select 1))'],
    ['a check', 'create table a (b int check (evil(b)))'],
    ['a check of the table', 'create table a (b int, check (evil(b)))'],
    ['a generated column', 'create table a (b int generated always as (evil(1)) stored)'],
    ['a call written as a column', 'create table a (b int check (a.evil is not null))'],
    ['a call written as a field', 'create table a (b int check ((a).evil is not null))'],
    ['an operator of the account', 'create table a (b int check (b operator(public.=) 1))'],
    ['a window', 'create table a (b int default abs(1) over ())'],
    ['an aggregate', 'create table a (b int default sum(1))'],
    ['a filtered call', 'create table a (b int default abs(1) filter (where evil()))'],
    ['an XML constructor', 'create table a (b xml default xmlelement(name a, evil()))'],
    ['a partition key', 'create table a (b int) partition by range (evil(b))'],
    ['a partition bound', 'create table a partition of b for values from (evil()) to (2)'],
    [
      'an exclusion predicate',
      'create table a (b int, exclude using gist (b with =) where (evil(b)))',
    ],
    ['an exclusion expression', 'create table a (b int, exclude using gist ((evil(b)) with =))'],
    ['an index expression', 'create index on a (evil(b))'],
    ['an index predicate', 'create index on a (b) where evil(b)'],
    ['an added column', 'alter table a add b int default evil()'],
    ['an added check', 'alter table a add check (evil(b))'],
    ['an added exclusion', 'alter table a add exclude using gist (b with =) where (evil(b))'],
    ['a new default', 'alter table a alter b set default evil()'],
    ['a new expression', 'alter table a alter b set expression as (evil(1))'],
    ['a conversion', 'alter table a alter b type int using evil(b)'],
    ['a change hidden behind a plain one', 'alter table a add b int, add c int default evil()'],
    ['an owner', 'alter table a owner to current_user'],
    ['an owner hidden behind a plain change', 'alter table a add b int, owner to b'],
    ['triggers', 'alter table a disable trigger user'],
    ['triggers that fire always', 'alter table a enable always trigger t'],
    ['rules', 'alter table a enable replica rule r'],
    ['row security off', 'alter table a disable row level security'],
    ['row security forced', 'alter table a no force row level security'],
    ['replica identity', 'alter table a replica identity nothing'],
    ['tablespace', 'alter table a set tablespace t'],
    ['access method', 'alter table a set access method heap'],
    ['a table made to look like a type', 'alter table a of t'],
    ['options of a foreign table', "alter table a alter b options (set c 'd')"],
  ])('%s', (_, sql) => {
    expect(isPlain(sql)).toBe(false)
  })
})

test('deep expressions are looked through', () => {
  const deep = (inner: string) =>
    `create table a (b int default ${'abs('.repeat(400)}${inner}${')'.repeat(400)})`
  expect(isPlain(deep('1'))).toBe(true)
  expect(isPlain(deep('evil()'))).toBe(false)
})

test.each([
  /^pg_/,
  /^lo_/,
  /xml/,
  /^dblink/,
  /^set/,
  /^current_setting$/,
  /^currval$|^lastval$/,
  /^ts_/,
  /_column|_table|find|extent|populate|update|drop|add/,
])('no plain function is called like %s', (pattern) => {
  expect([...plainFunctions].filter((name) => pattern.test(name))).toEqual([])
})
