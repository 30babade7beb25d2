import { beforeAll, expect, it } from 'vitest'
import { classifyStatement, loadStatementParser } from './classify-statement.ts'
import { writtenTables } from './written-tables.ts'

beforeAll(loadStatementParser)

it.each([
  ['select * from a', []],
  ['select 1; select * from a join b using (id)', []],
  ['insert into a select * from b', ['a', 'b']],
  ['begin; update a set x = 1; commit', ['a']],
  ['with w as (delete from a returning *) select * from w', ['a']],
  ['truncate a, b', ['a', 'b']],
  ['copy a from stdin', ['a']],
  ['refresh materialized view a', ['a']],
  ['merge into a using b on a.id = b.id when matched then delete', ['a', 'b']],
  ['select * into a from b', ['a', 'b']],
  ['drop table a', undefined],
  ['create index on a (x)', undefined],
  ['grant select on a to b', undefined],
  ['revoke select on a from b', undefined],
  ['do $$ begin end $$', undefined],
  ['call p()', undefined],
  ['explain analyze delete from a', undefined],
  ['no SQL', undefined],
])('%s writes to %j', (text, expected) => {
  const written = writtenTables(classifyStatement(text, { maxBytes: 10_000 }))
  expect(written?.map(({ name }) => name).sort()).toEqual(expected)
})
