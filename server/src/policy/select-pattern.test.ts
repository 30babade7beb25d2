import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { selectPattern } from './select-pattern.ts'
import { loadStatementParser, parseStatements, type SyntaxNode } from './statement-parser.ts'

beforeAll(loadStatementParser)

describe('texts that differ only in their numbers have one pattern', () => {
  test.each([
    ['select a from t where id = 1', 'select a from t where id = 4711'],
    ['select a from t where x>1.5 and x<-20.25', 'select a from t where x>0.5 and x<-3.125'],
    ['select * from t limit 10 offset 20', 'select * from t limit 1 offset 0'],
    ['select a::numeric(5,2)\nfrom t\torder by 1', 'select a::numeric(9,0)\nfrom t\torder by 2'],
  ])('%j and %j', (first, second) => {
    expect(selectPattern(first)).toBeDefined()
    expect(selectPattern(first)).toBe(selectPattern(second))
  })
})

describe('what is no number, or a number of another kind, makes another pattern', () => {
  test.each([
    ['select a from t1', 'select a from t2'],
    ['select a1 from t', 'select a2 from t'],
    ['select 1 from s.t_1', 'select 1 from s.t_2'],
    ['select 1e5', 'select 1e6'],
    ['select 0x1f', 'select 0x2f'],
    ['select 1', 'select 1.0'],
    ['select 1', 'select 10000000000'],
    ['select 1 from a', 'select 1  from a'],
  ])('%j and %j', (first, second) => {
    expect(selectPattern(first)).not.toBe(selectPattern(second))
  })
})

describe('a text in which a digit can be something else has none', () => {
  test.each([
    "select '1'",
    'select "1"',
    'select $1',
    'select $$1$$',
    'select U&"1"',
    'select 1 -- 1',
    'select 1 /* 1 */',
    'select 1; select 2',
    'select \\1',
    'select 1 from tä',
    `select ${'1, '.repeat(2_000)}1`,
  ])('%j', (sql) => expect(selectPattern(sql)).toBeUndefined())
})

/** A number stands where there is a `?`. */
const templates = [
  'select a, b from t where id = ?',
  'select * from s.t2 where x between ? and ? and y > -? order by ?, b limit ? offset ?',
  'select sum(x*?+?/?) filter (where a1=?) from t1 join t2 on t1.a=t2.b+? group by ?',
  'select cast(a as varchar(?)), b::numeric(?,?), d::time(?) from t',
  'select arr[?], arr[?:?] from t where not x != ? fetch first ? rows only',
  'with w1 as (select ? from a) select * from w1, generate_series(?,?) for update',
  'select st_makeenvelope(-?,?,?,-?,?) from t tablesample system (?)',
  'select ? into t3 from t4',
]
const numbers = fc.oneof(
  fc.integer({ min: 0, max: 999_999_999 }).map(String),
  fc.tuple(fc.nat(99_999), fc.nat(99_999)).map(([whole, rest]) => `${whole}.${rest}`),
  fc.constantFrom('00', '007', '1e5', '12345678901', '.5', '1.', 'x1'),
)

test('statements of one pattern have one tree, but for the numbers in it', () => {
  const filled = fc
    .tuple(fc.constantFrom(...templates), fc.array(numbers, { minLength: 5, maxLength: 5 }))
    .map(([template, values]) => {
      let next = 0
      return template.replace(/\?/g, () => values[next++ % values.length] ?? '')
    })
  const treeOfPattern = new Map<string, unknown>()
  fc.assert(
    fc.property(filled, (sql) => {
      const pattern = selectPattern(sql)
      const tree = treeOf(sql)
      if (pattern === undefined || tree === undefined) return
      const known = treeOfPattern.get(pattern)
      if (known === undefined) treeOfPattern.set(pattern, tree)
      else expect(tree).toEqual(known)
    }),
    { numRuns: 500 },
  )
  expect(treeOfPattern.size).toBeGreaterThan(templates.length)
})

/** Without the constants and the places; undefined when the grammar refuses the text. */
function treeOf(sql: string): unknown {
  try {
    return parseStatements(sql).map(({ node, body }) => ({ node, body: shapeOf(body) }))
  } catch {
    return undefined
  }
}

function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value as SyntaxNode)
      .filter(([member]) => member !== 'location')
      .map(([member, child]) => [member, member === 'A_Const' ? 'a constant' : shapeOf(child)]),
  )
}
