import { beforeAll, expect, it } from 'vitest'
import { parseTokenSource } from './parse-token-source.ts'
import { readQuery } from './read-query.ts'
import { loadStatementParser } from './statement-parser.ts'

beforeAll(loadStatementParser)

it.each([
  ['select a from t', 'select a from t'],
  [' /* x */ select a from t where b =@from and c > @b ; -- @end', undefined],
  ['select a from t where b = $1;', 'select a from t where b = $1'],
])(
  '%s is one query, recognised by what runs and without what stands behind it',
  (text, expected) => {
    const parsed = parseTokenSource(text, ['demo'])
    if (!parsed.ok || parsed.source.kind !== 'query') throw new Error(JSON.stringify(parsed))
    const { statement, fingerprint } = parsed.source
    expect(statement).toBe(expected ?? 'select a from t where b =@from and c > @b')
    for (const sent of [
      text,
      statement,
      statement.toUpperCase().replace(/@\w+/g, (name) => name.toLowerCase()),
    ]) {
      expect(readQuery(sent).fingerprint).toBe(fingerprint)
    }
  },
)
