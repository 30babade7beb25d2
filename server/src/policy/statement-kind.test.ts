import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { statementKindOf } from './statement-kind.ts'
import { statementPolicy } from './statement-policy.ts'

/** Statement nodes that never stand alone: the grammar puts them inside others, or makes none. */
const neverAlone = [
  'PLAssignStmt',
  'RawStmt',
  'ReplicaIdentityStmt',
  'ReturnStmt',
  'SetOperationStmt',
]

function everyStatementNode(): string[] {
  const require = createRequire(createRequire(import.meta.url).resolve('libpg-query'))
  const types = join(dirname(require.resolve('@pgsql/types')), 'types.d.ts')
  return [...readFileSync(types, 'utf8').matchAll(/^export interface (\w+Stmt) /gm)].map(
    ([, node = '']) => node,
  )
}

test('the parser knows more than a hundred kinds of statement', () => {
  expect(everyStatementNode().length).toBeGreaterThan(100)
})

test('every statement that the parser knows has a kind, or never stands alone', () => {
  // Those whose kind depends on a member are not decided without it.
  const decidedByAMember = [
    'AlterObjectSchemaStmt',
    'AlterOwnerStmt',
    'AlterTableStmt',
    'CommentStmt',
    'CreateTableAsStmt',
    'DropStmt',
    'GrantStmt',
    'RenameStmt',
    'SecLabelStmt',
  ]
  const unknown = everyStatementNode().filter((node) => statementKindOf(node, {}) === 'unknown')
  expect(unknown.sort()).toEqual([...neverAlone, ...decidedByAMember].sort())
})

test.each([
  ['FlyToTheMoonStmt', {}],
  ['selectstmt', {}],
  ['', {}],
  ['constructor', {}],
  ['__proto__', {}],
  ['toString', {}],
  ['Query', { commandType: 'CMD_SELECT' }],
  ['DropStmt', { removeType: 'OBJECT_OF_TOMORROW' }],
  ['DropStmt', { removeType: 'constructor' }],
  ['RenameStmt', { renameType: 'OBJECT_COLUMN', relationType: 'OBJECT_OF_TOMORROW' }],
  ['AlterTableStmt', { objtype: 'OBJECT_OF_TOMORROW' }],
  ['CreateTableAsStmt', { objtype: 'OBJECT_OF_TOMORROW' }],
  ['GrantStmt', { objtype: null }],
])('%s %j is unknown', (node, body) => {
  expect(statementKindOf(node, body)).toBe('unknown')
})

test.each([
  [
    'AlterTableStmt',
    { objtype: 'OBJECT_TABLE', cmds: [{ AlterTableCmd: { subtype: 'AT_Tomorrow' } }] },
  ],
  ['CreateStmt', { tableElts: [{ NodeOfTomorrow: {} }] }],
  ['IndexStmt', { indexParams: [{ IndexElem: { expr: { NodeOfTomorrow: {} } } }] }],
])('%s with something unknown in it counts as code', (node, body) => {
  expect(statementKindOf(node, body)).toBe('definition_with_code')
})

test('every kind that a node can have is in the policy', () => {
  for (const node of everyStatementNode()) {
    expect(Object.keys(statementPolicy)).toContain(statementKindOf(node, {}))
  }
})
