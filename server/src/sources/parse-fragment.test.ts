import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { AccessError } from '../errors.ts'
import { loadStatementParser, parseStatements } from '../policy/statement-parser.ts'
import type { Column } from './column.ts'
import { type FragmentKind, parseFragment } from './parse-fragment.ts'

beforeAll(loadStatementParser)

const columns: Column[] = [
  { name: 'pop', typeOid: 23, typeName: 'int4', type: 'number' },
  { name: 'area', typeOid: 701, typeName: 'float8', type: 'number' },
  { name: 'name', typeOid: 25, typeName: 'text', type: 'string' },
  { name: 'Seen At', typeOid: 1184, typeName: 'timestamptz', type: 'timestamp' },
  { name: 'geom', typeOid: 99_999, typeName: 'geometry', type: 'geometry' },
]

const parse = (text: string, kind: FragmentKind = 'expression', postgisSchema = 'postgis') =>
  parseFragment(text, { kind, parameter: 'operationExp', columns, postgisSchema })

const sqlOf = (text: string) => parse(text)[0]?.sql

describe('what is allowed is printed anew, every name from a list of ours', () => {
  test.each([
    ['pop', 'source."pop"'],
    ['"Seen At"', 'source."Seen At"'],
    ['SUM(Pop)', '"pg_catalog".sum(source."pop")'],
    ['count(*)', '"pg_catalog".count(*)'],
    ['count(distinct name)', '"pg_catalog".count(DISTINCT source."name")'],
    ['pg_catalog.lower(name)', '"pg_catalog".lower(source."name")'],
    ['sum(pop) /* all */ -- of it', '"pg_catalog".sum(source."pop")'],
    ['1 + -pop', '((1) OPERATOR(pg_catalog.+) (OPERATOR(pg_catalog.-) source."pop"))'],
    ['0 * .5e-3', '((0) OPERATOR(pg_catalog.*) (.5e-3))'],
    ['-1', '(-1)'],
    ["name || 'it''s'", `(source."name" OPERATOR(pg_catalog.||) 'it''s')`],
    ["U&'\\0041\\005c'", ` E'A\\\\'`],
    ["name ilike 'a%'", `(source."name" OPERATOR(pg_catalog.~~*) 'a%')`],
    [
      'pop in (1, 2)',
      '((source."pop" OPERATOR(pg_catalog.=) (1)) OR (source."pop" OPERATOR(pg_catalog.=) (2)))',
    ],
    [
      'pop not between 1 and 2',
      '((source."pop" OPERATOR(pg_catalog.<) (1)) OR (source."pop" OPERATOR(pg_catalog.>) (2)))',
    ],
    [
      'nullif(pop, 0)',
      '(CASE WHEN (source."pop" OPERATOR(pg_catalog.=) (0)) THEN NULL ELSE source."pop" END)',
    ],
    [
      "case name when 'a' then 1 else 2 end",
      `(CASE WHEN (source."name" OPERATOR(pg_catalog.=) 'a') THEN (1) ELSE (2) END)`,
    ],
    ['case when true then null end', '(CASE WHEN true THEN NULL END)'],
    ['coalesce(pop, 0)', 'COALESCE(source."pop", (0))'],
    ['greatest(pop, 1)', 'GREATEST(source."pop", (1))'],
    ['not (pop is null) and false', '((NOT (source."pop" IS NULL)) AND false)'],
    ['(pop > 1) is not true', '((source."pop" OPERATOR(pg_catalog.>) (1)) IS NOT TRUE)'],
    ['pop::numeric(10, 2)', 'CAST(source."pop" AS pg_catalog.numeric(10, 2))'],
    ["date '2020-01-01'", `CAST('2020-01-01' AS pg_catalog.date)`],
    ['extract(year from "Seen At")', `"pg_catalog".extract('year', source."Seen At")`],
    ['st_x(geom)', '"postgis".st_x(source."geom")'],
    ['any_value(pop)', '"pg_catalog".min(source."pop")'],
    [
      'sum(pop) filter (where area > 1)',
      '"pg_catalog".sum(source."pop") FILTER (WHERE (source."area" OPERATOR(pg_catalog.>) (1)))',
    ],
    [
      'percentile_cont(0.5) within group (order by pop desc nulls last)',
      '"pg_catalog".percentile_cont((0.5)) WITHIN GROUP (ORDER BY source."pop" DESC NULLS LAST)',
    ],
  ])('%s', (text, sql) => {
    expect(sqlOf(text)).toBe(sql)
    // What is printed is read as what was meant: SQL that our own grammar takes.
    expect(parseStatements(`SELECT ${sql}`)).toHaveLength(1)
  })

  test('a list of aggregations, with names and the columns that each reads', () => {
    expect(parse('sum(pop / area) AS "Density", count(*) n', 'aggregations')).toEqual([
      {
        sql: '"pg_catalog".sum((source."pop" OPERATOR(pg_catalog./) source."area"))',
        alias: 'Density',
        columns: ['pop', 'area'],
      },
      { sql: '"pg_catalog".count(*)', alias: 'n', columns: [] },
    ])
  })

  test('PostGIS in another schema', () => {
    expect(parse('st_area(geom)', 'expression', 'my "gis"')[0]?.sql).toBe(
      '"my ""gis""".st_area(source."geom")',
    )
    expect(() => parse('postgis.st_area(geom)', 'expression', 'public')).toThrow(AccessError)
  })
})

/** Each tries to reach something that is not a column of the source, or to do something. */
const attacks: readonly string[] = [
  // Sub-selects, in every place where an expression can stand
  '(select 1)',
  '(select secret from secrets limit 1)',
  'pop + (select count(*) from secrets)',
  'exists (select from secrets)',
  'pop in (select id from secrets)',
  'pop = any (select id from secrets)',
  'array(select secret from secrets)',
  'sum((select max(id) from secrets))',
  'sum(pop) filter (where exists (select from secrets))',
  'percentile_cont((select 0.5)) within group (order by pop)',
  'percentile_cont(0.5) within group (order by (select id from secrets))',
  'case when (select true) then 1 end',
  'case (select 1) when 1 then 2 end',
  'coalesce(null, (select secret from secrets))',
  'greatest(1, (select 1))',
  'cast((select secret from secrets) as text)',
  'pop between 1 and (select 2)',
  'nullif(pop, (select 1))',
  '((select secret from secrets)) is null',
  'lower((table secrets))',
  '(values (1))',
  '(with x as (select 1) select * from x)',
  // Getting out of the expression
  '1 from secrets',
  '1) from secrets --',
  "1; drop table secrets; select '",
  '1 union select secret from secrets',
  '1 where true',
  '1 group by name',
  '1 having true',
  '1 order by (select 1)',
  '1 limit 1',
  '1 into stolen',
  '1 for update',
  'distinct pop',
  '1 window w as ()',
  '/* */ 1 /* */ from /* */ secrets',
  '1 -- \n from secrets',
  '',
  '/* nothing */',
  // Functions that do or reach something
  'pg_sleep(10)',
  'pg_catalog.pg_sleep(10)',
  'PG_SLEEP(10)',
  '"pg_sleep"(10)',
  `U&"\\0070g_sleep"(10)`,
  "query_to_xml('select * from secrets', true, true, '')",
  "table_to_xml('secrets', true, true, '')",
  "database_to_xml(true, true, '')",
  "ts_stat('select secret from secrets')",
  "set_config('search_path', 'x', false)",
  "current_setting('data_directory')",
  "pg_read_file('/etc/passwd')",
  "lo_import('/etc/passwd')",
  'lo_get(1)',
  'lo_create(0)',
  "lo_from_bytea(0, '')",
  "dblink('', 'select 1')",
  "nextval('secrets_id_seq')",
  'pg_advisory_lock(1)',
  'pg_terminate_backend(1)',
  'pg_cancel_backend(1)',
  "pg_notify('a', 'b')",
  'txid_current()',
  'version()',
  'inet_server_addr()',
  'has_table_privilege(1, $$select$$)',
  "to_regclass('secrets')",
  "pg_relation_size('secrets')",
  'row_to_json(source)',
  "st_asmvt(source, 'x')",
  "st_transform(geom, '+proj=longlat +nadgrids=/etc/passwd')",
  "st_estimatedextent('secrets', 'geom')",
  'public.sum(pop)',
  'public.lower(name)',
  'postgis.lower(name)',
  'a.b.lower(name)',
  "currval('x')",
  'random()',
  'clock_timestamp()',
  'gen_random_uuid()',
  // Sets of rows
  'generate_series(1, 1000000000)',
  'unnest(array[1])',
  "regexp_split_to_table(name, '')",
  "jsonb_array_elements('[1]')",
  'st_dump(geom)',
  // Functions that make much of little, or gather the rows
  "repeat('x', 1000000000)",
  "lpad('x', 1000000000)",
  "rpad('x', 1000000000)",
  "replace(name, '', name)",
  "format('%1000000000s', name)",
  "regexp_replace(name, '(a*)*b', '')",
  'array_agg(pop)',
  'json_agg(name)',
  "string_agg(name, ',')",
  'xmlagg(name)',
  'st_collect(geom)',
  'st_union(geom)',
  // Rows, stars, dots and fields
  '*',
  'source',
  'source.*',
  'source.pop',
  'pop.area',
  'name.upper',
  'secrets.secret',
  'count(source)',
  'count(source.*)',
  'sum(*)',
  '(source).pop',
  '(geom).x',
  'row(pop, name)',
  '(pop, name)',
  '(pop, name) = (1, name)',
  '(row(pop)).f1',
  'pop[1]',
  "('{1,2}'::int[])[1]",
  'array[pop]',
  // What no table shows of itself
  'ctid',
  'xmin',
  'tableoid',
  'tableoid::regclass',
  // Values of the session
  'current_user',
  'session_user',
  'current_role',
  'current_catalog',
  'current_schema',
  'current_date',
  'localtimestamp',
  'user',
  // Casts
  "'secrets'::regclass",
  "'secrets'::pg_catalog.regclass",
  "'pg_sleep'::regproc",
  "'pg_sleep(double precision)'::regprocedure",
  "'postgres'::regrole",
  "'text'::regtype",
  "'public'::regnamespace",
  "'+'::regoper",
  "'simple'::regconfig",
  "regclass 'secrets'",
  "cast('secrets' as regclass)",
  "'<a/>'::xml",
  "'{}'::jsonb",
  "'{1}'::int[]",
  '\'x\'::"char"',
  "'x'::name",
  "'1'::oid",
  "'POINT(0 0)'::geometry",
  'name::public.text',
  "'x'::secrets",
  "'x'::secrets.secret%type",
  'pop::numeric(1, 2, 3)',
  // Operators
  'pop operator(public.+) 1',
  'pop @@@ 1',
  "name ~ '(a*)*b'",
  "name ~* 'a'",
  "name similar to 'a'",
  "name like 'a' escape 'b'",
  'name collate "C" = name',
  'lower(name collate "x")',
  'pop = any (array[1])',
  "pop = all ('{1}')",
  'pop is distinct from 1',
  'pop between symmetric 1 and 2',
  'geom && geom',
  'geom <-> geom',
  '!! pop',
  '|/ pop',
  '@ pop',
  // Aggregates with more than their arguments
  'sum(pop) over ()',
  'row_number() over (order by pop)',
  'lag(pop) over w',
  'sum(pop order by name)',
  'count(name order by pop using <)',
  'percentile_cont(0.5) within group (order by pop using <)',
  'percentile_cont(0.5)',
  'sum(1) within group (order by pop)',
  'lower(name) filter (where true)',
  'lower(distinct name)',
  'concat(variadic array[name])',
  'round(v => pop)',
  'make_date(year := 1, month := 1, day := 1)',
  'grouping(pop)',
  // Other constructs
  '$1',
  'pop + $1',
  '@city',
  ':city',
  '?',
  "b'101'",
  "x'1f'",
  'default',
  'xmlparse(document name)',
  'xmlelement(name foo)',
  'xmlserialize(content name as text)',
  'json_object()',
  "json_query(name, '$')",
  'merge_action()',
  'normalize(name)',
  'treat(pop as numeric)',
  'current of c',
  'cast(pop as numeric) as x from secrets',
  "E'\\x00'",
  "U&'\\d800'",
  'no_such_column',
  'sum(no_such_column)',
  '"pop""',
  "'open",
  '$$open',
  // Size
  `${'('.repeat(3_000)}pop${')'.repeat(3_000)}; x`,
  Array(200).fill('pop').join('+'),
  `${'abs('.repeat(150)}pop${')'.repeat(150)}`,
  `${'case when true then '.repeat(120)}1${' end'.repeat(120)}`,
  `${'nullif('.repeat(60)}pop${', 1)'.repeat(60)}`,
  `pop in (${Array(4_000).fill('1').join()})`,
  `'${'x'.repeat(10_001)}'`,
  '/*'.repeat(4_000),
  `pop ${'-'.repeat(1)}${'+'.repeat(300)} 1`,
  'a\0b',
  '\ud800',
]

describe.each(['expression', 'aggregations'] as const)('no way out of the kind %s', (kind) => {
  const outcome = (text: string) => {
    try {
      return parse(text, kind)
    } catch (error) {
      return error
    }
  }

  test('has many attempts against it', () => {
    expect(new Set(attacks).size).toBe(attacks.length)
    expect(attacks.length).toBeGreaterThan(150)
  })

  test.each(attacks.map((attack) => [attack.slice(0, 80), attack]))('%s', (_, attack) => {
    const variants =
      kind === 'expression' ? [attack] : [`${attack} as a`, `1 as a, ${attack} as b`, attack]
    for (const variant of variants) {
      const error = outcome(variant)
      expect(error).toBeInstanceOf(AccessError)
      expect(error).toMatchObject({
        message: expect.stringMatching(/"operationExp" is not valid: |^Column not found$/),
        code: expect.stringMatching(/^(invalid_parameter|column_not_found)$/),
        status: 400,
      })
    }
  })
})

test.each([
  [
    'sum((select 1))',
    'The parameter "operationExp" is not valid: a sub-select is not allowed in it.',
  ],
  ['pg_sleep(1)', /the function pg_sleep is not allowed/],
  ["'x'::regclass", /a cast to regclass is not allowed/],
  ['sum(pop) over ()', /a window function is not allowed/],
  ["name ~ 'x'", /the operator ~ is not allowed/],
  ['1 from x', /FROM is not allowed/],
  ['sum(pop) as x', /a name \(AS\) is not allowed/],
  ['pop, area', /a list is not allowed/],
  ['pop +', /syntax error at end of input/],
])('says of %s what is not allowed', (text, message) => {
  expect(() => parse(text)).toThrow(message)
})

test('a column that is not there is named', () => {
  expect(() => parse('sum(nope)')).toThrow(
    expect.objectContaining({ code: 'column_not_found', facts: { columnName: 'nope' } }),
  )
})

test('aggregations need names, each its own, and not too many', () => {
  expect(() => parse('sum(pop)', 'aggregations')).toThrow(/needs a name/)
  expect(() => parse('sum(pop) as a, 1 as a', 'aggregations')).toThrow(/"a" stands twice/)
  const many = Array.from({ length: 101 }, (_, index) => `1 as a${index}`).join()
  expect(() => parse(many, 'aggregations')).toThrow(/more than 100/)
})

test('what is written short must not become long all together', () => {
  // Each BETWEEN is printed as two comparisons, so that ten of them are a thousand.
  const doubled = Array.from({ length: 10 }).reduce<string>(
    (text) => `(${text}) between true and false`,
    'true',
  )
  const list = (count: number) =>
    Array.from({ length: count }, (_, index) => `bool_or(${doubled}) as a${index}`).join()
  expect(parse(list(1), 'aggregations')).toHaveLength(1)
  expect(() => parse(list(10), 'aggregations')).toThrow(/expressions that long/)
})

test('whatever words stand together: refused, or made of nothing but what is allowed', () => {
  const word = fc.constantFrom(
    ...['pop', 'name', 'source', 'secrets', 'select', 'from', 'sum(', 'count(', 'pg_sleep(', '('],
    ...[
      ')',
      ',',
      '*',
      '+',
      '=',
      '.',
      '::',
      'text',
      'regclass',
      "'x'",
      '1',
      '$1',
      ';',
      'as',
      'in (',
    ],
    ...['over ()', 'filter (where', 'case when', 'then', 'end', 'is null', 'not', 'and', 'array['],
    ...[']', 'collate "C"', '--', '/*', '*/', 'union', 'distinct', 'exists (', 'public.'],
  )
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 9 }), (words) => {
      let fragments: ReturnType<typeof parse>
      try {
        fragments = parse(words.join(' '))
      } catch (error) {
        expect(error).toBeInstanceOf(AccessError)
        return
      }
      const printed = JSON.stringify(parseStatements(`SELECT ${fragments[0]?.sql}`))
      expect(printed).not.toMatch(/SubLink|ParamRef|RangeVar|"over"|secrets|pg_sleep|regclass/)
    }),
    { numRuns: 500 },
  )
})
