import { expect, it } from 'vitest'
import { findPatternProblem, sourceKindOf, sourceKindsFor } from './source-kind.ts'

it.each([
  ['*', 'all'],
  ['default.public.*', 'wildcard'],
  ['default.public.cap*', 'wildcard'],
  ['capitals', 'table'],
  ['public.capitals', 'table'],
  ['default."My schema"."a table"', 'table'],
  ['largest-capitals', 'named_source'],
  ['select 1', 'query'],
  ['select 1.5*', 'query'],
  ['SELECT a.b*c FROM t', 'query'],
  ['with a as (select 1) select * from a', 'query'],
  ['table t; ', 'query'],
])('%s is %s', (source, kind) => {
  expect(sourceKindOf(source, ['largest-capitals'])).toBe(kind)
})

it('an import has destinations, which no query can be', () => {
  expect(sourceKindsFor(['imports'])).not.toContain('query')
  expect(sourceKindsFor(['sql', 'maps'])).toContain('query')
})

it.each([
  ['default.public.cap*', undefined],
  ['public.*', /connection and the schema before/],
  ['*', /All sources/],
  ['default.public.cap', /ends with \*/],
  ['default.p*.c*', /one \*/],
  ['', /Write a pattern/],
])('of the pattern %s it says %s', (pattern, problem) => {
  if (problem === undefined) expect(findPatternProblem(pattern)).toBeUndefined()
  else expect(findPatternProblem(pattern)).toMatch(problem)
})
