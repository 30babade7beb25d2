import { isPlainDefinition } from './plain-definition.ts'
import type { SyntaxNode } from './statement-parser.ts'
import type { StatementKind } from './statement-policy.ts'

type KindOfBody = (body: SyntaxNode) => StatementKind

/** What kind of statement a node of the syntax tree is. A node that is not listed is `unknown`. */
export function statementKindOf(node: string, body: SyntaxNode): StatementKind {
  const kind = kinds.get(node) ?? 'unknown'
  return typeof kind === 'string' ? kind : kind(body)
}

const explainable = new Set(['SelectStmt', 'InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'])

const relationTypes = new Set([
  'OBJECT_TABLE',
  'OBJECT_VIEW',
  'OBJECT_MATVIEW',
  'OBJECT_INDEX',
  'OBJECT_SEQUENCE',
  'OBJECT_COLUMN',
  'OBJECT_TABCONSTRAINT',
])

/** Kinds of object that are not relations, by the kind of statement that manages them. */
const objectKinds = new Map<string, StatementKind>([
  ...of('code', [
    'OBJECT_AGGREGATE',
    'OBJECT_AMOP',
    'OBJECT_AMPROC',
    'OBJECT_ATTRIBUTE',
    'OBJECT_CAST',
    'OBJECT_COLLATION',
    'OBJECT_CONVERSION',
    'OBJECT_DOMAIN',
    'OBJECT_DOMCONSTRAINT',
    'OBJECT_EVENT_TRIGGER',
    'OBJECT_FUNCTION',
    'OBJECT_LANGUAGE',
    'OBJECT_OPCLASS',
    'OBJECT_OPERATOR',
    'OBJECT_OPFAMILY',
    'OBJECT_POLICY',
    'OBJECT_PROCEDURE',
    'OBJECT_ROUTINE',
    'OBJECT_RULE',
    'OBJECT_TRANSFORM',
    'OBJECT_TRIGGER',
    'OBJECT_TSCONFIGURATION',
    'OBJECT_TSDICTIONARY',
    'OBJECT_TSPARSER',
    'OBJECT_TSTEMPLATE',
    'OBJECT_TYPE',
  ]),
  ...of('statistics', ['OBJECT_STATISTIC_EXT']),
  ...of('schema', ['OBJECT_SCHEMA']),
  ...of('extension', ['OBJECT_EXTENSION']),
  ...of('large_object', ['OBJECT_LARGEOBJECT']),
  ...of('foreign_data', [
    'OBJECT_FDW',
    'OBJECT_FOREIGN_SERVER',
    'OBJECT_FOREIGN_TABLE',
    'OBJECT_USER_MAPPING',
  ]),
  ...of('replication', [
    'OBJECT_PUBLICATION',
    'OBJECT_PUBLICATION_NAMESPACE',
    'OBJECT_PUBLICATION_REL',
    'OBJECT_SUBSCRIPTION',
  ]),
  ...of('role', ['OBJECT_ROLE']),
  ...of('server', [
    'OBJECT_ACCESS_METHOD',
    'OBJECT_DATABASE',
    'OBJECT_PARAMETER_ACL',
    'OBJECT_TABLESPACE',
  ]),
])

/** `ofRelations` for relations, else the kind that manages objects of this type. */
function byObjectType(member: string, ofRelations: StatementKind): KindOfBody {
  return (body) => {
    const type = String(body[member])
    return relationTypes.has(type) ? ofRelations : (objectKinds.get(type) ?? 'unknown')
  }
}

const kinds = new Map<string, StatementKind | KindOfBody>([
  ['SelectStmt', (body) => (isSelectInto(body) ? 'create_table_as' : 'select')],
  ['InsertStmt', 'insert'],
  ['UpdateStmt', 'update'],
  ['DeleteStmt', 'delete'],
  ['MergeStmt', 'merge'],
  ['ExplainStmt', explainKind],
  ['VariableShowStmt', 'show'],

  ['CreateStmt', (body) => plainOr('create_table', 'CreateStmt', body)],
  ['CreateTableAsStmt', createTableAsKind],
  ['AlterTableStmt', alterTableKind],
  ['IndexStmt', (body) => plainOr('create_index', 'IndexStmt', body)],
  ['CreateSeqStmt', 'sequence'],
  ['AlterSeqStmt', 'sequence'],
  ['DropStmt', byObjectType('removeType', 'drop_relation')],
  ['RenameStmt', renameKind],
  ['AlterObjectSchemaStmt', byObjectType('objectType', 'move_relation')],
  ['CommentStmt', byObjectType('objtype', 'comment_on_relation')],
  ['TruncateStmt', 'truncate'],

  ['ViewStmt', 'view'],
  ['RefreshMatViewStmt', 'maintenance'],
  ['VacuumStmt', 'maintenance'],
  ['ClusterStmt', 'maintenance'],
  ['ReindexStmt', 'maintenance'],
  ['AlterOwnerStmt', byObjectType('objectType', 'owner')],
  ['GrantStmt', byObjectType('objtype', 'grant')],
  ['AlterDefaultPrivilegesStmt', 'grant'],
  ['SecLabelStmt', byObjectType('objtype', 'grant')],
  ['DoStmt', 'do'],
  ['CallStmt', 'call'],
  ...of('code', [
    'AlterCollationStmt',
    'AlterDomainStmt',
    'AlterEnumStmt',
    'AlterEventTrigStmt',
    'AlterFunctionStmt',
    'AlterObjectDependsStmt',
    'AlterOpFamilyStmt',
    'AlterOperatorStmt',
    'AlterPolicyStmt',
    'AlterTSConfigurationStmt',
    'AlterTSDictionaryStmt',
    'AlterTypeStmt',
    'CompositeTypeStmt',
    'CreateCastStmt',
    'CreateConversionStmt',
    'CreateDomainStmt',
    'CreateEnumStmt',
    'CreateEventTrigStmt',
    'CreateFunctionStmt',
    'CreateOpClassStmt',
    'CreateOpFamilyStmt',
    'CreatePLangStmt',
    'CreatePolicyStmt',
    'CreateRangeStmt',
    'CreateTransformStmt',
    'CreateTrigStmt',
    'DefineStmt',
    'RuleStmt',
  ]),
  ...of('statistics', ['CreateStatsStmt', 'AlterStatsStmt']),
  ...of('schema', ['CreateSchemaStmt']),
  ...of('extension', ['CreateExtensionStmt', 'AlterExtensionStmt', 'AlterExtensionContentsStmt']),
  ...of('foreign_data', [
    'AlterFdwStmt',
    'AlterForeignServerStmt',
    'AlterUserMappingStmt',
    'CreateFdwStmt',
    'CreateForeignServerStmt',
    'CreateForeignTableStmt',
    'CreateUserMappingStmt',
    'DropUserMappingStmt',
    'ImportForeignSchemaStmt',
  ]),

  ['CopyStmt', 'copy'],
  ['TransactionStmt', transactionKind],
  ['LockStmt', 'lock'],
  ['DiscardStmt', 'discard'],
  ['VariableSetStmt', settingKind],
  ['ConstraintsSetStmt', 'setting'],
  ...of('prepared_statement', ['PrepareStmt', 'ExecuteStmt', 'DeallocateStmt']),
  ...of('cursor', ['DeclareCursorStmt', 'FetchStmt', 'ClosePortalStmt']),
  ...of('notification', ['ListenStmt', 'NotifyStmt', 'UnlistenStmt']),
  ...of('role', [
    'AlterRoleSetStmt',
    'AlterRoleStmt',
    'CreateRoleStmt',
    'DropOwnedStmt',
    'DropRoleStmt',
    'GrantRoleStmt',
    'ReassignOwnedStmt',
  ]),
  ...of('replication', [
    'AlterPublicationStmt',
    'AlterSubscriptionStmt',
    'CreatePublicationStmt',
    'CreateSubscriptionStmt',
    'DropSubscriptionStmt',
  ]),
  ...of('server', [
    'AlterDatabaseRefreshCollStmt',
    'AlterDatabaseSetStmt',
    'AlterDatabaseStmt',
    'AlterSystemStmt',
    'AlterTableMoveAllStmt',
    'AlterTableSpaceOptionsStmt',
    'CheckPointStmt',
    'CreateAmStmt',
    'CreateTableSpaceStmt',
    'CreatedbStmt',
    'DropTableSpaceStmt',
    'DropdbStmt',
    'LoadStmt',
  ]),
])

function of(kind: StatementKind, names: readonly string[]): [string, StatementKind][] {
  return names.map((name) => [name, kind])
}

/** In a UNION, the INTO stands in the leftmost SELECT. */
function isSelectInto(body: SyntaxNode): boolean {
  let leftmost = body
  while (leftmost.larg !== undefined) leftmost = leftmost.larg as SyntaxNode
  return leftmost.intoClause !== undefined
}

function explainKind(body: SyntaxNode): StatementKind {
  const [inner] = Object.keys((body.query ?? {}) as SyntaxNode)
  if (inner === undefined || !explainable.has(inner)) return 'explain_other'
  return asksToAnalyze(body.options) ? 'explain_analyze' : 'explain'
}

/** Anything but a plain `false` counts as asking: ANALYZE runs the statement. */
function asksToAnalyze(options: unknown): boolean {
  if (!Array.isArray(options)) return false
  return options.some((option: { DefElem?: { defname?: unknown; arg?: unknown } }) => {
    const { defname, arg } = option.DefElem ?? {}
    return defname === 'analyze' && JSON.stringify(arg) !== '{"String":{"sval":"false"}}'
  })
}

function createTableAsKind(body: SyntaxNode): StatementKind {
  if ('ExecuteStmt' in ((body.query ?? {}) as SyntaxNode)) return 'prepared_statement'
  if (body.objtype === 'OBJECT_TABLE') return 'create_table_as'
  return body.objtype === 'OBJECT_MATVIEW' ? 'view' : 'unknown'
}

/** A column or a constraint belongs to a relation, or to a type or a foreign table. */
function renameKind(body: SyntaxNode): StatementKind {
  const kind = byObjectType('renameType', 'rename_relation')(body)
  const isColumn = body.renameType === 'OBJECT_COLUMN'
  return isColumn ? byObjectType('relationType', kind)(body) : kind
}

/** In two phases, of which the second is not bound to the session that the first was in. */
const preparedTransaction = new Set([
  'TRANS_STMT_PREPARE',
  'TRANS_STMT_COMMIT_PREPARED',
  'TRANS_STMT_ROLLBACK_PREPARED',
])

function transactionKind(body: SyntaxNode): StatementKind {
  return preparedTransaction.has(String(body.kind)) ? 'prepared_transaction' : 'transaction'
}

/** PostgreSQL compares the names of settings without regard to case, quoted or not. */
function settingKind(body: SyntaxNode): StatementKind {
  const name = String(body.name).toLowerCase()
  return name === 'role' || name === 'session_authorization' ? 'another_role' : 'setting'
}

function alterTableKind(body: SyntaxNode): StatementKind {
  const kind = byObjectType('objtype', 'alter_table')(body)
  if (kind !== 'alter_table') return kind
  return changesOwner(body.cmds) ? 'owner' : plainOr(kind, 'AlterTableStmt', body)
}

function changesOwner(commands: unknown): boolean {
  if (!Array.isArray(commands)) return false
  return commands.some(
    (command: { AlterTableCmd?: { subtype?: unknown } }) =>
      command.AlterTableCmd?.subtype === 'AT_ChangeOwner',
  )
}

function plainOr(kind: StatementKind, node: string, body: SyntaxNode): StatementKind {
  return isPlainDefinition(node, body) ? kind : 'definition_with_code'
}
