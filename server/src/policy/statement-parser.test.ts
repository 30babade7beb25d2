import { setImmediate } from 'node:timers/promises'
import { beforeAll, expect, test } from 'vitest'
import { loadStatementParser, parseStatements, StatementSyntaxError } from './statement-parser.ts'

// Each exhausts the call stack inside the parser, in another of its functions.
const tooDeep = [
  `select 1${'::int'.repeat(20_000)}`,
  `select ${'1+'.repeat(100_000)}1`,
  `select * from a ${'join b on true '.repeat(50_000)}`,
]

beforeAll(loadStatementParser)

function nodesOf(sql: string): string[] {
  return parseStatements(sql).map(({ node }) => node)
}

test('it can be loaded again and again', async () => {
  await Promise.all([loadStatementParser(), loadStatementParser()])
  await loadStatementParser()
  expect(nodesOf('select 1')).toEqual(['SelectStmt'])
})

test.each(tooDeep)('it works at once after %.30s...', async (sql) => {
  expect(() => parseStatements(sql)).toThrow(RangeError)
  expect(nodesOf('select 1; delete from a')).toEqual(['SelectStmt', 'DeleteStmt'])
  await setImmediate()
})

test('it works after more crashes than one instance survives', async () => {
  const [sql = ''] = tooDeep
  for (let crash = 0; crash < 60; crash++) {
    expect(() => parseStatements(sql)).toThrow(RangeError)
    await setImmediate()
    expect(nodesOf('select 1')).toEqual(['SelectStmt'])
  }
})

test('crashes in one breath deny for a moment, and then it works', async () => {
  const [sql = ''] = tooDeep
  for (let crash = 0; crash < 10; crash++) expect(() => parseStatements(sql)).toThrow()
  await setImmediate()
  expect(nodesOf('select 1')).toEqual(['SelectStmt'])
})

test('a mistake in the SQL is no crash', () => {
  for (let mistake = 0; mistake < 1_000; mistake++) {
    expect(() => parseStatements('selec 1')).toThrow(StatementSyntaxError)
  }
  expect(nodesOf('select 1')).toEqual(['SelectStmt'])
})
