import fc from 'fast-check'
import { loadModule, scanSync } from 'libpg-query'
import { beforeAll, describe, expect, it } from 'vitest'
import { bindParameters } from './bind-parameters.ts'
import { numberParameters } from './number-parameters.ts'

const refusal = (message: RegExp) =>
  expect.objectContaining({ code: 'invalid_parameter', message: expect.stringMatching(message) })

describe('a named parameter', () => {
  it.each([
    ['select @a', 'select  $1'],
    ['select * from t where a = @a', 'select * from t where a =  $1'],
    ['select * from t where a =@a', 'select * from t where a = $1'],
    ['select * from t where a>=@a and b<>@a', 'select * from t where a>= $1 and b<> $1'],
    ['select a||@a', 'select a|| $1'],
    ['select |/ @a', 'select |/  $1'],
    ['select f(@a,@a)', 'select f( $1, $1)'],
    ['select @a::int[]', 'select  $1::int[]'],
    ['select 1 =/* */@a', 'select 1 =/* */ $1'],
    ['select 1limit @a', 'select 1limit  $1'],
  ])('in %s is bound', (sql, text) => {
    expect(bindParameters(sql, { a: 1 })).toEqual({ text, values: ['1'] })
  })

  it('may have the name of a keyword, a letter of any alphabet or a dollar', () => {
    const sql = 'select * from t where d > @from and d < @größe$1'
    expect(bindParameters(sql, { from: 1, größe$1: 2 })).toEqual({
      text: 'select * from t where d >  $1 and d <  $2',
      values: ['1', '2'],
    })
  })

  it('is bound once however often it stands, in the order of the statement', () => {
    expect(bindParameters('select @b, @a, @b', { a: 'A', b: 'B' })).toEqual({
      text: 'select  $1,  $2,  $1',
      values: ['B', 'A'],
    })
  })

  it('is told apart by the case of its letters', () => {
    expect(bindParameters('select @a, @A', { a: 1, A: 2 }).values).toEqual(['1', '2'])
  })
})

describe('what is no parameter stays as it is', () => {
  it.each([
    `select 'me@example.com'`,
    `select 'it''s @a'`,
    `select E'it\\'s @a'`,
    `select E'x'\n  '\\'@a'`,
    `select U&'@a \\0041'`,
    'select $$ @a $1 $$',
    'select $q$ @a $x$ $1 $q$',
    'select 1 -- @a $1',
    'select 1 /* @a /* @a */ $1 */',
    'select 1 as "@a", 2 as "a""@a $1"',
    'select a @> b, a <@ b, a @@ b, a @? b, a ^@ b',
    'select a@>b, a<@b, a@@b, a^@b, a@@@b',
    'select @ a, @-5, |/ @ a, @"a"',
    'select a$1 from a$1',
  ])('%s', (sql) => {
    expect(bindParameters(sql, undefined)).toEqual({ text: sql, values: [] })
  })
})

describe('numbered parameters', () => {
  it('take the values of a list in its order', () => {
    const sql = `select $2, $1, '$3', $1`
    expect(bindParameters(sql, ['a', 'b'])).toEqual({ text: sql, values: ['a', 'b'] })
  })

  it.each([
    ['select $1', [], /^The parameter \$1 is missing/],
    ['select $3', [1, 2], /^The parameter \$3 is missing/],
    ['select $1', [1, 2], /has 2 values, and the statement takes 1/],
    ['select 1', [1], /has 1 values, and the statement takes 0/],
    ['select $1', { a: 1 }, /must be a list/],
    ['select @a', ['x'], /must be an object.*@a/],
    ['select @a', undefined, /^The parameter @a is missing/],
    ['select @a', {}, /^The parameter @a is missing/],
    ['select @a', { A: 1 }, /^The parameter @a is missing/],
    ['select @a', Object.create({ a: 1 }, { b: { value: 1, enumerable: true } }), /@a is missing/],
    ['select @a', { a: 1, b: 1 }, /has "b", and the statement has no @b/],
    ['select a <@a', { a: 1 }, /the statement has no @a/],
    ['select @a, $1', [1], /not both/],
    ['select $70000', [], /65535 parameters/],
    ['select 1', 5, /must be a list/],
    ['select 1', 'x', /must be a list/],
  ])('%s with %j is refused', (sql, parameters, message) => {
    expect(() => bindParameters(sql, parameters)).toThrow(refusal(message))
  })

  it.each([undefined, null, '', [], {}])('none at all can be sent as %j', (none) => {
    expect(bindParameters('select 1', none)).toEqual({ text: 'select 1', values: [] })
  })
})

describe('a value', () => {
  it.each([
    [1.5, '1.5'],
    [-0, '0'],
    ['', ''],
    [`'; drop table t --`, `'; drop table t --`],
    [true, 'true'],
    [false, 'false'],
    [null, null],
    [{ a: [1, null] }, '{"a":[1,null]}'],
    [[], '{}'],
    [[1, 2.5], '{"1","2.5"}'],
    [['a"b\\', null, 'NULL', '', true], '{"a\\"b\\\\",NULL,"NULL","","true"}'],
    [
      [
        [1, 2],
        [3, 4],
      ],
      '{{"1","2"},{"3","4"}}',
    ],
    [[{ a: 'b' }], '{"{\\"a\\":\\"b\\"}"}'],
  ])('%j is bound as %s', (value, text) => {
    expect(bindParameters('select $1', [value]).values).toEqual([text])
    expect(bindParameters('select @x', { x: value }).values).toEqual([text])
  })

  it.each(['a\0b', '\ud800', ['\0'], [[[[[[[1]]]]]]]])(
    '%j, which PostgreSQL cannot hold, is refused by the name of its parameter',
    (value) => {
      expect(() => bindParameters('select @x', { x: value })).toThrow(refusal(/^The parameter @x /))
    },
  )
})

describe('among tokens of any kind', () => {
  beforeAll(loadModule)

  const tokens = fc.array(
    fc.constantFrom(
      ...['@', '@a', '@b', '$1', '$', 'a', 'E', 'U&', '1', ' ', '\n', "'", "''", '\\', '"', '$$'],
      ...['$q$', '--', '/*', '*/', '=', '<', '>', '|', '-', '+', '#', '^', '?', '(', ')', ',', 'é'],
    ),
    { maxLength: 14 },
  )

  /** What PostgreSQL's own lexer sees: names right behind an operator that ends with `@`. */
  function namesByPostgres(sql: string): string[] | undefined {
    const bytes = Buffer.from(sql)
    let scanned: ReturnType<typeof scanSync>['tokens']
    try {
      // It answers in bytes, and quotes texts in a way that is not always JSON.
      scanned = scanSync(sql).tokens
    } catch {
      return undefined
    }
    const own = ['@', '=@', '<>@', '!=@', '>@', '>=@', '<=@', '+@', '-@', '*@', '/@', '%@', '||@']
    return scanned.flatMap(({ start, end }, index) => {
      const next = scanned[index + 1]
      if (!own.includes(bytes.toString('utf8', start, end)) || next?.start !== end) return []
      const name = bytes.toString('utf8', next.start, next.end)
      return /^[A-Za-z_\u0080-\uffff][^'"]*$/.test(name) ? [name] : []
    })
  }

  it('finds what the lexer of PostgreSQL finds', () => {
    fc.assert(
      fc.property(tokens, (parts) => {
        const sql = parts.join('')
        const expected = namesByPostgres(sql)
        fc.pre(expected !== undefined)
        expect(numberParameters(sql).names).toEqual([...new Set(expected)])
      }),
      { numRuns: 2_000 },
    )
  })

  it('never puts a value into the text', () => {
    fc.assert(
      fc.property(tokens, fc.string(), (parts, value) => {
        const sql = parts.join('')
        const { names } = numberParameters(sql)
        fc.pre(names.length > 0 && !/[\0\ud800-\udfff]/.test(value) && !/\$\d/.test(sql))
        const bind = (each: string) =>
          bindParameters(sql, Object.fromEntries(names.map((name) => [name, each])))
        expect(bind(value)).toEqual({ text: bind('').text, values: names.map(() => value) })
      }),
    )
  })
})
