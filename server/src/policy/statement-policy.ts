import type { ApiKeyType } from '../credential/principal.ts'

/**
 * `run`: what the role may do is then for PostgreSQL to say. `script`: the same, but only among
 * several statements in one text, because alone it would do nothing.
 */
type Ruling = 'run' | 'script' | 'refuse'

type PolicyRow = { readonly [kind in ApiKeyType]: Ruling } & { readonly reason?: string }

const everybody = { default: 'run', regular: 'run', master: 'run' } as const

const masterOnly = (reason: string) =>
  ({ default: 'refuse', regular: 'refuse', master: 'run', reason }) as const

const masterScripts = (reason: string) =>
  ({ default: 'refuse', regular: 'refuse', master: 'script', reason }) as const

const nobody = (reason: string) =>
  ({ default: 'refuse', regular: 'refuse', master: 'refuse', reason }) as const

/**
 * Which kinds of statement a key of each kind may send. This is the first fence, the one that
 * explains; the second is the role that the statement runs as.
 *
 * Statements on relations run for everybody, because PostgreSQL guards relations by privilege and
 * ownership and its own words (`must be owner of table x`) are the ones that clients know.
 * Refused for all but the master key is what PostgreSQL does not guard that way: code that runs
 * later as somebody else. Refused for all is what outlives the request or belongs to the server.
 */
export const statementPolicy = {
  // Data
  select: everybody,
  insert: everybody,
  update: everybody,
  delete: everybody,
  merge: everybody,
  explain: everybody,
  explain_analyze: everybody,
  explain_other: nobody(
    'EXPLAIN is offered for SELECT, INSERT, UPDATE, DELETE and MERGE statements only.',
  ),
  show: everybody,

  // Relations
  create_table: everybody,
  create_table_as: everybody,
  create_index: everybody,
  alter_table: everybody,
  drop_relation: everybody,
  rename_relation: everybody,
  move_relation: everybody,
  comment_on_relation: everybody,
  truncate: everybody,
  sequence: everybody,
  definition_with_code: masterOnly(
    'Only the master key may use expressions other than constants, operators and plain built-in ' +
      'functions in the definition of a table or an index, or change what guards a table.',
  ),

  // Code that runs later, and rights
  view: masterOnly('Only the master key may create or change views.'),
  code: masterOnly(
    'Only the master key may manage functions, triggers, rules, policies, types and operators.',
  ),
  do: masterOnly('Only the master key may use DO.'),
  call: masterOnly('Only the master key may use CALL.'),
  statistics: masterOnly('Only the master key may manage statistics objects.'),
  schema: masterOnly('Only the master key may manage schemas.'),
  extension: masterOnly('Only the master key may manage extensions.'),
  foreign_data: masterOnly('Only the master key may manage foreign servers and foreign tables.'),
  large_object: masterOnly('Only the master key may manage large objects.'),
  owner: masterOnly('Only the master key may change who owns an object.'),
  grant: masterOnly('Only the master key may use GRANT and REVOKE.'),
  maintenance: masterOnly(
    'Only the master key may use VACUUM, ANALYZE, CLUSTER, REINDEX and REFRESH.',
  ),

  // What means something only to the statements that follow it
  transaction: {
    default: 'refuse',
    regular: 'script',
    master: 'script',
    reason:
      'A transaction does not last from one request to the next: BEGIN, COMMIT, ROLLBACK and ' +
      'SAVEPOINT have to stand in one text with other statements.',
  },
  setting: masterScripts(
    'Settings do not last from one request to the next: SET and RESET are only for the master ' +
      'key, among other statements in one text.',
  ),
  prepared_statement: masterScripts(
    'Prepared statements do not last from one request to the next: PREPARE, EXECUTE and ' +
      'DEALLOCATE are only for the master key, among other statements in one text.',
  ),
  cursor: masterScripts(
    'Cursors do not last from one request to the next: DECLARE, FETCH, MOVE and CLOSE are only ' +
      'for the master key, among other statements in one text.',
  ),
  lock: masterScripts(
    'Locks do not last from one request to the next: LOCK is only for the master key, among ' +
      'other statements in one text.',
  ),

  // What outlives the request, or disturbs others
  copy: nobody('COPY has addresses of its own: /api/v2/sql/copyfrom and /api/v2/sql/copyto.'),
  prepared_transaction: nobody('Prepared transactions are not available.'),
  notification: nobody('LISTEN, NOTIFY and UNLISTEN are not available.'),
  discard: nobody('DISCARD is not available.'),

  // What belongs to the server
  role: nobody('Roles are managed through the API keys: role commands are not available.'),
  another_role: nobody(
    'A request runs as the role of its key: SET ROLE and SET SESSION AUTHORIZATION are not ' +
      'available.',
  ),
  replication: nobody('Publications and subscriptions are not available.'),
  server: nobody('Commands that concern the whole database or the server are not available.'),

  // Texts that are not one statement that we know
  none: everybody,
  several: {
    default: 'refuse',
    regular: 'run',
    master: 'run',
    reason: 'Without a key of its own, a request may hold only one statement.',
  },
  unknown: nobody('This kind of statement is not available.'),
} as const satisfies Record<string, PolicyRow>

export type StatementKind = keyof typeof statementPolicy

/** The reason why a key of this kind may not send this kind of statement; undefined if it may. */
export function findStatementRefusal(
  statement: StatementKind,
  key: ApiKeyType,
  { isAmongOthers }: { readonly isAmongOthers: boolean },
): string | undefined {
  // A kind that is not in the table is refused, whatever the types promise.
  const row: PolicyRow = Object.hasOwn(statementPolicy, statement)
    ? statementPolicy[statement]
    : statementPolicy.unknown
  const ruling = row[key]
  if (ruling === 'run' || (ruling === 'script' && isAmongOthers)) return undefined
  return row.reason ?? statementPolicy.unknown.reason
}
