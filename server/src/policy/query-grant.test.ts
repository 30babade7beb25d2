import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import type { Principal } from '../credential/principal.ts'
import { decideSource, type SourceDecision } from './decide-source.ts'
import { readQuery } from './read-query.ts'
import type { SourceGrant } from './source-grant.ts'
import { loadStatementParser } from './statement-parser.ts'

// What a token that was granted queries can make of them: nothing but what was granted.

const byOwner = 'select id, name from people where owner = @owner'
const byId = `select name from public.people p where p.id = $1 and kind in ('a', 'b') limit 10`

function grantOf(statement: string, role: string): SourceGrant {
  return {
    connectionId: 'c',
    connectionName: 'default',
    session: { database: 'd', role },
    kind: 'query',
    statement,
    fingerprint: readQuery(statement).fingerprint,
  }
}

let principal: Principal
beforeAll(async () => {
  await loadStatementParser()
  principal = {
    accountId: 'a',
    accountName: 'demo',
    credentialId: 't',
    credentialName: 'token',
    kind: 'token',
    allowedApis: ['sql', 'maps'],
    engineEnabled: true,
    expiresAtMs: undefined,
    database: 'd',
    role: '',
    issuedAtMs: 0,
    mayWrite: false,
    sourceGrants: [grantOf(byOwner, 'role of byOwner'), grantOf(byId, 'role of byId')],
    referers: [],
  }
})

const decide = (text: string, api: 'sql' | 'maps' | 'stats' = 'sql'): SourceDecision =>
  decideSource(principal, { api, connection: 'default', source: readQuery(text) })

describe('the same statement', () => {
  it.each([
    byOwner.toUpperCase().replace('@OWNER', '@owner'),
    `  ${byOwner}\n;\t`,
    `/* ' */ ${byOwner.replaceAll(' ', ' -- "\n')}`,
    byOwner.replace('= @', '=@'),
    byOwner.replace('people', '"people"').replace('people', 'people'),
    byOwner.replace('people', 'U&"p\\0065ople"'),
    byOwner.replace('people', 'PeOpLe'),
  ])('%s is answered with the granted text, under the role of the grant', (text) => {
    for (const api of ['sql', 'maps', 'stats'] as const) {
      expect(decide(text, api)).toEqual({
        allowed: true,
        access: {
          session: { database: 'd', role: 'role of byOwner' },
          readOnly: true,
          statement: byOwner,
        },
      })
    }
  })
})

describe('anything else is refused', () => {
  it.each([
    ['a condition more', `${byOwner} or true`],
    ['a condition behind a comment', `${byOwner} -- x\n or true`],
    ['a condition behind a comment that is none', `${byOwner} /* x */ or /* y */ true`],
    ['a condition that is commented out', 'select id, name from people -- where owner = @owner'],
    ['a constant in the place of the parameter', byOwner.replace('@owner', '1')],
    ['a column in the place of the parameter', byOwner.replace('@owner', 'owner')],
    ['the operator in the place of the parameter', byOwner.replace('@owner', '@ owner')],
    ['a quoted name behind the operator', byOwner.replace('@owner', '@"owner"')],
    ['another name', byOwner.replace('@owner', '@Owner')],
    ['a number for the name', byOwner.replace('@owner', '$1')],
    ['a name for the number', byId.replace('$1', '@id')],
    ['another number', byId.replace('$1', '$2')],
    ['a cast', byOwner.replace('@owner', '@owner::text')],
    ['an operator of another schema', byOwner.replace('=', 'operator(public.=)')],
    ['another operator', byOwner.replace('=', '<>')],
    ['other columns', byOwner.replace('id, name', '*')],
    ['another schema', byOwner.replace('people', 'private.people')],
    ['a quoted name in another case', byOwner.replace('people', '"People"')],
    ['a name with an invisible letter', byOwner.replace('people', 'people\u200b')],
    ['letters of another width', byOwner.replace('select', 'ｓｅｌｅｃｔ')],
    ['a space that is none', byOwner.replace('from people', 'from\u00a0people')],
    ['a text in another case', byId.replace(`'a'`, `'A'`)],
    ['a text of another kind', byId.replace(`'a'`, `E'\\\\x61'`)],
    ['a larger limit', byId.replace('10', '11')],
    ['no limit', byId.replace(' limit 10', '')],
    ['two statements', `${byOwner}; ${byOwner}`],
    ['a statement behind it', `${byOwner}; select * from secrets`],
    ['a statement in front of it', `select 1; ${byOwner}`],
    ['a union', `${byOwner} union all select 1, v from secrets`],
    ['parentheses and a union', `(${byOwner}) union (select 1, 'x')`],
    ['a query around it', `select * from (${byOwner}) as s, secrets`],
    ['a WITH in front of it', `with people as (select * from secrets) ${byOwner}`],
    ['a query that writes', `with x as (delete from people returning *) ${byOwner}`],
    ['EXPLAIN', `explain ${byOwner}`],
    ['EXPLAIN ANALYZE', `explain analyze ${byOwner}`],
    ['INTO', byOwner.replace(' from', ' into copy from')],
    ['a lock', `${byOwner} for update`],
    ['PREPARE', `prepare x as ${byOwner}`],
    ['a cursor', `declare x cursor for ${byOwner}`],
    ['COPY', `copy (${byOwner}) to stdout`],
    ['a table made of it', `create table x as ${byOwner}`],
    ['a NUL', `${byOwner}\0 or true`],
    ['half a character', `${byOwner} -- \ud800`],
    ['nothing', ''],
    ['a comment', `-- ${byOwner}`],
    ['its fingerprint', 'readQuery'],
    ['a function', 'select set_config($1, $2, true)'],
  ])('%s', (_what, text) => {
    const decision = decide(text)
    expect(decision.allowed).toBe(false)
  })

  it('and on another connection there is nothing', () => {
    const source = readQuery(byOwner)
    for (const connection of ['Default', 'default ', 'other', '', '*']) {
      expect(decideSource(principal, { api: 'sql', connection, source })).toMatchObject({
        allowed: false,
        reason: 'connection_not_found',
      })
    }
  })
})

it('whatever becomes of the text, what runs is a granted text under its own role, or nothing', () => {
  const pieces = [
    ...[' ', '\n', ';', '--', '/*', '*/', "'", '"', '@', '$1', '$2', '@owner', '(', ')', ','],
    ...[
      'or true',
      'union all',
      'select',
      'from',
      'secrets',
      'where',
      '=',
      '<@',
      'U&',
      'E',
      '::int',
    ],
  ]
  const edit = fc.record({
    at: fc.nat(100),
    length: fc.nat(12),
    text: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 3 })),
  })
  fc.assert(
    fc.property(
      fc.constantFrom(byOwner, byId),
      fc.array(edit, { minLength: 1, maxLength: 4 }),
      (granted, edits) => {
        const text = edits.reduce<string>(
          (before, { at, length, text: put }) =>
            before.slice(0, at) + put + before.slice(at + length),
          granted,
        )
        const decision = decide(text)
        if (!decision.allowed) return
        const { statement, session, readOnly } = decision.access
        const role = statement === byOwner ? 'role of byOwner' : 'role of byId'
        expect([byOwner, byId]).toContain(statement)
        expect([session, readOnly]).toEqual([{ database: 'd', role }, true])
      },
    ),
    { numRuns: 1_000 },
  )
})
