import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { loadStatementParser, parseStatements } from '../policy/statement-parser.ts'
import { fillPlaceholders } from './fill-placeholders.ts'

const jobId = '5f0c2b9e-8d0a-4d53-9d4c-2f3b8a1f6c7d'
const fill = (sql: string, message: string) =>
  fillPlaceholders(sql, { job_id: jobId, error_message: message })

beforeAll(loadStatementParser)

describe('a placeholder', () => {
  it.each([
    ['on its own', 'select <%= error_message %>', `it's`, `select  'it''s' `],
    ['without blanks', 'select <%=error_message%>', 'x', `select  'x' `],
    ['between quotes', `select '<%= error_message %>'`, `it's`, `select 'it''s'`],
    ['within a text', `select 'job <%= job_id %> ended'`, '', `select 'job ${jobId} ended'`],
    ['beside a backslash', 'select <%= error_message %>', `a\\'b`, `select  E'a\\\\''b' `],
    ['in an escape text', `select E'<%= error_message %>'`, `a\\'b`, `select E'a\\\\''b'`],
    ['in a name', 'select 1 as "<%= error_message %>"', 'a"b', 'select 1 as "a""b"'],
    ['in a line comment', 'select 1 -- <%= error_message %>', '\ndrop table t', 'select 1 -- '],
    ['in a block comment', 'select 1 /* /* <%= job_id %> */ */', '', 'select 1 /* /*  */ */'],
    ['after an escaped quote', `select 'it''s <%= error_message %>'`, `'`, `select 'it''s '''`],
    ['after a dollar in a word', 'select a$$b, <%= job_id %>', '', `select a$$b,  '${jobId}' `],
  ])('%s becomes a part of the SQL that is only a value', (_where, sql, message, expected) => {
    expect(fill(sql, message)).toBe(expected)
  })

  it.each([
    ['dollar quotes', 'do $$ begin raise notice $x$<%= job_id %>$x$; end $$'],
    ['a tag', 'select $tag$ <%= error_message %> $tag$'],
    ['a text that begins with U&', `select U&'<%= error_message %>'`],
    ['a name that begins with U&', 'select 1 as U&"<%= error_message %>"'],
  ])('is refused in %s, where nothing could escape it', (_where, sql) => {
    expect(() => fill(sql, 'x')).toThrow(/cannot stand/)
  })

  it('leaves what is not a placeholder as it is', () => {
    const sql = `select '<%= other %>', a <% b`
    expect(fill(sql, 'x')).toBe(sql)
  })
})

/** Ways to write one value, each with what stands around it. */
const places = [
  `select <%= error_message %>`,
  `select '<%= error_message %>'`,
  `select E'<%= error_message %>'`,
  `select e'a'\n  '<%= error_message %>'`,
  `select E'a' -- it's\n  '<%= error_message %>'`,
  `select 'a' -- E'\n'<%= error_message %>'`,
  `select E'\\'' || '<%= error_message %>'`,
  `select '\\', '<%= error_message %>'`,
  `select "a'b", '<%= error_message %>'`,
  `select $a$'$a$, '<%= error_message %>'`,
  `select $$'$$, <%= error_message %>`,
  `select 1$$'$$, <%= error_message %>`,
  `select 1.5e3$a$'$a$, <%= error_message %>`,
  `select /* ' /* ' */ ' */ '<%= error_message %>'`,
  `select a$b$ '<%= error_message %>'`,
  `select N'<%= error_message %>'`,
  `select E<%= error_message %>`,
  `select 'a'<%= error_message %>`,
  `select 1 as "<%= error_message %>"`,
  `select 1 -- <%= error_message %>`,
  `select 1 /* <%= error_message %> */`,
  `select 1 <%= error_message %>'`,
]
/** What would break out, and anything else. */
const message = fc
  .array(
    fc.oneof(
      fc.constantFrom(`'`, `''`, `\\`, `"`, '$$', '$a$', '--', '/*', '*/', '\n', ';', '%>', '<%='),
      fc.constantFrom('<%= job_id %>', ' drop table t ', "E'", "U&'"),
      fc.string({ maxLength: 3 }).map((text) => text.replaceAll('\0', '')),
    ),
    { maxLength: 8 },
  )
  .map((parts) => parts.join(''))

it('never changes how many statements there are or what they are, whatever the value', () => {
  const shape = (sql: string) => {
    try {
      return parseStatements(sql).map(({ node }) => node)
    } catch {
      // What does not parse does not run.
      return undefined
    }
  }
  fc.assert(
    fc.property(fc.constantFrom(...places), message, (sql, value) => {
      const plain = shape(fill(sql, 'x'))
      const filled = shape(fill(sql, value))
      if (filled !== undefined) expect(filled).toEqual(plain)
      if (plain !== undefined && !sql.includes('"<%=')) expect(filled).toBeDefined()
    }),
    { numRuns: 500 },
  )
})

it('gives PostgreSQL exactly the value, whatever it is', () => {
  const constants = (sql: string) =>
    JSON.stringify(parseStatements(sql)).match(/"sval":("(?:[^"\\]|\\.)*")/)?.[1] ?? '""'
  fc.assert(
    fc.property(
      fc.constantFrom(
        `select <%= error_message %>`,
        `select '<%= error_message %>'`,
        `select E'<%= error_message %>'`,
      ),
      message,
      (sql, value) => {
        expect(JSON.parse(constants(fill(sql, value)))).toBe(value)
      },
    ),
    { numRuns: 500 },
  )
})
