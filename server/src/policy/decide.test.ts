import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import type { CredentialKind, Principal } from '../credential/principal.ts'
import type { AccessRequest } from './access-request.ts'
import { classifyStatement, loadStatementParser } from './classify-statement.ts'
import { decide } from './decide.ts'

beforeAll(loadStatementParser)

function principal(kind: CredentialKind, overrides: Partial<Principal> = {}): Principal {
  return {
    accountId: 'account',
    accountName: 'alice',
    credentialId: 'key',
    credentialName: 'a key',
    kind,
    allowedApis: ['sql', 'maps'],
    engineEnabled: true,
    expiresAtMs: undefined,
    database: 'database',
    role: 'role',
    issuedAtMs: 0,
    mayWrite: kind === 'master',
    ...overrides,
  }
}

const anonymous = principal('default')
const reader = principal('regular')
const writer = principal('regular', { mayWrite: true })
const mapsOnly = principal('regular', { allowedApis: ['maps'] })
const sqlOnly = principal('regular', { allowedApis: ['sql'] })
const doOnly = principal('regular', { allowedApis: ['do'] })
const closed = principal('default', { allowedApis: [] })
const master = principal('master')
const withoutEngine = principal('regular', { engineEnabled: false })
const publicWithoutEngine = principal('default', { engineEnabled: false })
const keptMaster = principal('master', { allowedApis: ['do'] })

function sql(text: string): AccessRequest {
  return { surface: 'sql', statement: classifyStatement(text, { maxBytes: 1000 }) }
}

function job(text: string): AccessRequest {
  return { surface: 'batch', statement: classifyStatement(text, { maxBytes: 1000 }) }
}

const readOnly = { allowed: true, readOnly: true }
const asItIs = { allowed: true, readOnly: false }
const deny = (reason: string) => ({ allowed: false, reason })

describe('SQL', () => {
  test.each<[who: string, principal: Principal, text: string, decision: object]>([
    // Allowed
    ['anybody', anonymous, 'select * from a', readOnly],
    ['a reader', reader, 'select * from a', readOnly],
    ['a reader', reader, 'explain analyze select * from a', readOnly],
    ['a reader', reader, '-- nothing', readOnly],
    ['a writer', writer, 'select * from a', asItIs],
    ['a writer', writer, 'insert into a values (1)', asItIs],
    ['a writer', writer, '', asItIs],
    ['master', master, 'select * from a', asItIs],
    ['master', master, 'do $$ begin end $$', asItIs],
    ['master', master, 'select * from pg_class', asItIs],
    ['master', master, 'select * from information_schema.tables, geometry_columns', asItIs],
    // For PostgreSQL to refuse, in its own words
    ['anybody', anonymous, 'insert into a values (1)', asItIs],
    ['anybody', anonymous, 'drop table a', asItIs],
    ['a reader', reader, 'update a set b = 1', asItIs],
    ['a reader', reader, 'select * from a for update', asItIs],
    ['a reader', reader, 'with x as (delete from a returning 1) select * from x', asItIs],
    ['a reader', reader, 'explain analyze delete from a', asItIs],
    ['a reader', reader, 'select 1 into a', asItIs],
    // The API comes first
    ['a master key kept from data', keptMaster, 'select 1', deny('api_not_allowed')],
    ['a key without an engine', withoutEngine, 'select 1', deny('api_not_allowed')],
    ['the public key without an engine', publicWithoutEngine, 'select 1', readOnly],
    ['a key for maps', mapsOnly, 'select 1', deny('api_not_allowed')],
    ['a key for maps', mapsOnly, 'nonsense', deny('api_not_allowed')],
    ['a key for maps', mapsOnly, 'set role x', deny('api_not_allowed')],
    ['a key for maps', mapsOnly, 'select * from pg_class', deny('api_not_allowed')],
    ['a key for the observatory', doOnly, 'select 1', deny('api_not_allowed')],
    ['a closed public key', closed, 'select 1', deny('api_not_allowed')],
    // Then understanding
    ['anybody', anonymous, 'nonsense', deny('statement_not_understood')],
    ['master', master, 'select \0', deny('statement_not_understood')],
    ['master', master, `select '${'x'.repeat(1000)}'`, deny('sql_too_long')],
    // Then the policy
    ['anybody', anonymous, 'set role x', deny('statement_not_allowed')],
    ['anybody', anonymous, 'select 1; select 2', deny('statement_not_allowed')],
    ['anybody', anonymous, 'do $$ begin end $$', deny('statement_not_allowed')],
    ['a reader', reader, 'rollback and chain', deny('statement_not_allowed')],
    ['a writer', writer, "alter role current_user password 'x'", deny('statement_not_allowed')],
    ['a writer', writer, 'create view v as select * from pg_class', deny('statement_not_allowed')],
    ['a writer', writer, 'create table a (b int default evil())', deny('statement_not_allowed')],
    ['master', master, 'copy a to stdout', deny('statement_not_allowed')],
    ['master', master, 'reset role', deny('statement_not_allowed')],
    ['master', master, 'begin', deny('statement_not_allowed')],
    ['master', master, ';;set statement_timeout = 0;', deny('statement_not_allowed')],
    // Several statements
    ['master', master, 'select 1; select 2', asItIs],
    ['master', master, ';begin; set local work_mem = 1; do $$ begin end $$;; commit;', asItIs],
    ['master', master, 'select * from pg_class; lock a', asItIs],
    ['master', master, 'select 1; reset role', deny('statement_not_allowed')],
    ['master', master, 'begin; copy a to stdout; commit', deny('statement_not_allowed')],
    ['master', master, 'listen a; select 1', deny('statement_not_allowed')],
    ['a writer', writer, 'begin; insert into a values (1); commit', asItIs],
    ['a writer', writer, 'insert into a values (1); select 1', asItIs],
    ['a writer', writer, 'select 1; set work_mem = 1', deny('statement_not_allowed')],
    ['a writer', writer, 'select 1; do $$ begin end $$', deny('statement_not_allowed')],
    ['a writer', writer, 'select 1; select * from pg_class', deny('system_tables_forbidden')],
    ['a reader', reader, 'select 1; select 2', readOnly],
    ['a reader', reader, 'select 1; insert into a values (1)', deny('statement_not_allowed')],
    ['a reader', reader, 'begin; select 1; commit', deny('statement_not_allowed')],
    ['a reader', reader, 'select 1; commit', deny('statement_not_allowed')],
    [
      'anybody who may write',
      principal('default', { mayWrite: true }),
      'insert into a values (1); select 1',
      deny('statement_not_allowed'),
    ],
    // Then the catalogue
    ['anybody', anonymous, 'select * from pg_attribute', deny('system_tables_forbidden')],
    ['anybody', anonymous, 'select * from PG_attribute', deny('system_tables_forbidden')],
    ['anybody', anonymous, 'select * from U&"pg\\005fattribute"', deny('system_tables_forbidden')],
    ['anybody', anonymous, 'select * from "pg_attribute"', deny('system_tables_forbidden')],
    ['anybody', anonymous, 'select * from a join pg_type on true', deny('system_tables_forbidden')],
    ['anybody', anonymous, 'table pg_catalog.pg_class', deny('system_tables_forbidden')],
    ['anybody', anonymous, 'select * from geometry_columns', deny('system_tables_forbidden')],
    [
      'a reader',
      reader,
      'select * from information_schema.tables',
      deny('system_tables_forbidden'),
    ],
    ['a reader', reader, 'select (select count(*) from pg_class)', deny('system_tables_forbidden')],
    ['a writer', writer, 'insert into a select oid from pg_class', deny('system_tables_forbidden')],
    ['a writer', writer, 'create table a as table pg_authid', deny('system_tables_forbidden')],
    ['a writer', writer, 'explain select * from pg_class', deny('system_tables_forbidden')],
    ['a writer', writer, 'drop table pg_catalog.pg_class', deny('system_tables_forbidden')],
    ['a writer', writer, 'create table a (like pg_class)', deny('system_tables_forbidden')],
    [
      'a writer',
      writer,
      'with pg_class as (select 1) select * from pg_class, pg_catalog.pg_class',
      deny('system_tables_forbidden'),
    ],
    // What only looks like it
    ['anybody', anonymous, "select 'pg_'", readOnly],
    ['anybody', anonymous, 'select 1 as pg_attribute', readOnly],
    ['anybody', anonymous, 'select pg_attribute from a', readOnly],
    ['anybody', anonymous, 'select * from cpg_test', readOnly],
    ['anybody', anonymous, 'select * from spatial_ref_sys', readOnly],
    ['anybody', anonymous, 'with pg_class as (select 1) select * from pg_class', readOnly],
  ])('%s: %j %s', (_, who, text, decision) => {
    expect(decide(who, sql(text))).toMatchObject(decision)
  })

  test('the parser explains what it did not understand', () => {
    expect(decide(reader, sql('selec 1'))).toEqual({
      allowed: false,
      reason: 'statement_not_understood',
      message: 'syntax error at or near "selec"',
    })
  })

  test('the policy explains what it refuses', () => {
    expect(decide(reader, sql('copy a to stdout'))).toEqual({
      allowed: false,
      reason: 'statement_not_allowed',
      message: 'COPY has addresses of its own: /api/v2/sql/copyfrom and /api/v2/sql/copyto.',
    })
  })

  test('before the statement is read, only the API is decided on, and nothing may be written', () => {
    const unread: AccessRequest = { surface: 'sql', statement: undefined }
    expect(decide(writer, unread)).toEqual(readOnly)
    expect(decide(master, unread)).toEqual(readOnly)
    expect(decide(mapsOnly, unread)).toEqual(deny('api_not_allowed'))
    expect(decide(closed, unread)).toEqual(deny('api_not_allowed'))
  })

  test('a key that may not write gets a READ ONLY transaction only for what reads', () => {
    const words = fc.constantFrom(
      ...['select 1', 'select * from a', 'table a', 'explain select 1', 'insert into a values (1)'],
      ...[
        'delete from a',
        'select 1 into b',
        'select * from a for share',
        'drop table a',
        'select',
      ],
    )
    fc.assert(
      fc.property(fc.array(words, { maxLength: 2 }), (statements) => {
        const request = sql(statements.join(';'))
        const decision = decide(reader, request)
        if (!decision.allowed || request.surface !== 'sql') return
        const shape = request.statement
        expect(decision.readOnly).toBe(
          shape?.understood && shape.statements.every(({ reads }) => reads),
        )
        expect(decide(writer, request)).toEqual(asItIs)
      }),
    )
  })
})

describe('batch jobs', () => {
  const master = principal('master', { allowedApis: ['batch'] })
  const withJobs = principal('regular', { allowedApis: ['batch'] })
  const writingJobs = principal('regular', { allowedApis: ['batch'], mayWrite: true })
  /** Before there is a statement. */
  const any = undefined

  test.each<[who: string, principal: Principal, text: string | undefined, decision: object]>([
    ['master', master, any, readOnly],
    [
      'master of an account that keeps it from data',
      principal('master', { allowedApis: [] }),
      any,
      deny('permission_denied'),
    ],
    [
      'a key of an account whose engine is off',
      principal('regular', { allowedApis: ['batch'], engineEnabled: false }),
      'select 1',
      deny('permission_denied'),
    ],
    ['a key with the grant', withJobs, any, readOnly],
    ['a key without', sqlOnly, any, deny('permission_denied')],
    ['anybody', anonymous, any, deny('permission_denied')],
    [
      'anybody, whatever the public key holds',
      principal('default', { allowedApis: ['batch'] }),
      'select 1',
      deny('permission_denied'),
    ],
    ['master', master, 'vacuum a', asItIs],
    ['master', master, '; begin; truncate a;; commit;', asItIs],
    ['a key with the grant', withJobs, 'select * from a', readOnly],
    ['a key with the grant', writingJobs, 'insert into a values (1)', asItIs],
  ])('%s: %j %s', (_, who, text, decision) => {
    const request =
      text === undefined ? ({ surface: 'batch', statement: undefined } as const) : job(text)
    expect(decide(who, request)).toEqual(decision)
  })

  test.each<[who: string, text: string, principal: Principal, reason: string]>([
    ['master', 'copy a to stdout', master, 'statement_not_allowed'],
    ['master', 'select 1; copy a from stdin', master, 'statement_not_allowed'],
    ['master', 'create role x', master, 'statement_not_allowed'],
    ['master', 'selec', master, 'statement_not_understood'],
    ['a key with the grant', 'do $$ begin end $$', writingJobs, 'statement_not_allowed'],
    ['a key with the grant', 'select * from pg_class', writingJobs, 'system_tables_forbidden'],
  ])('%s may not run %s in one', (_who, text, who, reason) => {
    expect(decide(who, job(text))).toMatchObject({ allowed: false, reason })
  })
})

describe('maps', () => {
  test.each<[who: string, principal: Principal, request: AccessRequest, decision: object]>([
    ['anybody', anonymous, { surface: 'maps' }, readOnly],
    ['a writer', writer, { surface: 'maps', source: { name: 'a' } }, readOnly],
    ['master', master, { surface: 'maps', source: { name: 'pg_class' } }, readOnly],
    ['a master key kept from data', keptMaster, { surface: 'maps' }, deny('api_not_allowed')],
    ['a key for SQL', sqlOnly, { surface: 'maps' }, deny('api_not_allowed')],
    ['a key for SQL', sqlOnly, { surface: 'maps', source: { name: 'a' } }, deny('api_not_allowed')],
    ['a key for the observatory', doOnly, { surface: 'maps' }, deny('api_not_allowed')],
    ['a closed public key', closed, { surface: 'maps' }, deny('api_not_allowed')],
    [
      'anybody',
      anonymous,
      { surface: 'maps', source: { name: 'pg_class' } },
      deny('system_tables_forbidden'),
    ],
    [
      'a reader',
      reader,
      { surface: 'maps', source: { schema: 'pg_catalog', name: 'x' } },
      deny('system_tables_forbidden'),
    ],
  ])('%s: %j %s', (_, who, request, decision) => {
    expect(decide(who, request)).toEqual(decision)
  })
})

describe('managing keys', () => {
  test.each<[who: string, principal: Principal, operation: 'read' | 'write', decision: object]>([
    ['master', master, 'read', readOnly],
    ['master', master, 'write', asItIs],
    ['a key without any API', closed, 'read', readOnly],
    ['a reader', reader, 'read', readOnly],
    ['anybody', anonymous, 'write', deny('master_key_required')],
    ['a reader', reader, 'write', deny('master_key_required')],
    ['a writer', writer, 'write', deny('master_key_required')],
    [
      'a key that only looks like master',
      principal('regular', { credentialName: 'Master' }),
      'write',
      deny('master_key_required'),
    ],
  ])('%s, %s: %j', (_, who, operation, decision) => {
    expect(decide(who, { surface: 'auth', operation })).toEqual(decision)
  })
})

describe('the companions of the classic platform', () => {
  const manage: AccessRequest = { surface: 'companions', operation: 'manage' }
  const identify: AccessRequest = { surface: 'companions', operation: 'identify' }
  const list = (tableMetadata: boolean): AccessRequest => ({
    surface: 'companions',
    operation: 'list',
    tableMetadata,
  })

  test.each<[who: string, principal: Principal, request: AccessRequest, decision: object]>([
    ['master', master, manage, asItIs],
    ['a writer', writer, manage, deny('master_key_required')],
    ['anybody', anonymous, manage, deny('master_key_required')],
    ['anybody', anonymous, identify, asItIs],
    ['a key without any API', closed, identify, asItIs],
    ['master', master, list(false), asItIs],
    ['a reader with table_metadata', reader, list(true), readOnly],
    ['a writer without', writer, list(false), deny('grant_required')],
    ['anybody', anonymous, list(false), deny('grant_required')],
  ])('%s: %j %s', (_, who, request, decision) => {
    expect(decide(who, request)).toEqual(decision)
  })
})

test('a surface that is not known is denied', () => {
  const request = { surface: 'imports' } as unknown as AccessRequest
  expect(decide(master, request)).toEqual(deny('api_not_allowed'))
})

describe('COPY', () => {
  /** The parser is loaded when the tests run, not when they are written down. */
  type Ask = { readonly direction: 'from' | 'to'; readonly text: string }
  const from = (text: string): Ask => ({ direction: 'from', text })
  const to = (text: string): Ask => ({ direction: 'to', text })

  test.each<[who: string, principal: Principal, ask: Ask, decision: object]>([
    ['a writer up', writer, from('copy a from stdin'), asItIs],
    ['a writer up', writer, from(`COPY a (b, "c") FROM STDIN WITH (FORMAT csv)`), asItIs],
    // For PostgreSQL to refuse, in its own words
    ['a reader up', reader, from('copy a from stdin'), asItIs],
    ['anybody up', anonymous, from('copy a from stdin;'), asItIs],
    ['anybody down', anonymous, to('copy a to stdout'), readOnly],
    [
      'a reader down',
      reader,
      to('copy (select * from a) to stdout (format csv, header)'),
      readOnly,
    ],
    ['a reader down', reader, to('copy (values (1)) to stdout'), readOnly],
    ['a writer down', writer, to('copy binary a to stdout'), asItIs],
    ['master down', master, to('copy pg_class to stdout'), asItIs],
    ['a key for maps', mapsOnly, from('copy a from stdin'), deny('api_not_allowed')],
    ['a key for maps', mapsOnly, to('nonsense'), deny('api_not_allowed')],
    ['master', master, to('copy'), deny('statement_not_understood')],
    ['master', master, to('copy a from stdin'), deny('invalid_parameter')],
    ['master', master, from('copy a to stdout'), deny('invalid_parameter')],
    ['master', master, from('copy a from stdin; select 1'), deny('invalid_parameter')],
    ['master', master, to('select 1; copy a to stdout'), deny('invalid_parameter')],
    ['master', master, to('select 1'), deny('invalid_parameter')],
    ['master', master, to(''), deny('invalid_parameter')],
    ['master', master, from(`copy a from '/etc/passwd'`), deny('statement_not_allowed')],
    ['master', master, from(`copy a from program 'id'`), deny('statement_not_allowed')],
    ['master', master, to(`copy a to '/tmp/x'`), deny('statement_not_allowed')],
    ['master', master, to(`copy (select 1) to program 'sh'`), deny('statement_not_allowed')],
    [
      'master',
      master,
      to('copy (delete from a returning *) to stdout'),
      deny('statement_not_allowed'),
    ],
    ['master', master, to('copy (select 1 into a) to stdout'), deny('statement_not_allowed')],
    [
      'master',
      master,
      to('copy (with x as (delete from a returning 1) table x) to stdout'),
      deny('statement_not_allowed'),
    ],
    [
      'master',
      master,
      to('copy (select * from a for update) to stdout'),
      deny('statement_not_allowed'),
    ],
    ['anybody', anonymous, to('copy pg_class to stdout'), deny('system_tables_forbidden')],
    [
      'a reader',
      reader,
      to('copy (select * from pg_class) to stdout'),
      deny('system_tables_forbidden'),
    ],
    [
      'a writer',
      writer,
      from('copy pg_catalog.pg_class from stdin'),
      deny('system_tables_forbidden'),
    ],
  ])('%s: %#', (_, who, { direction, text }, decision) => {
    const statement = classifyStatement(text, { maxBytes: 1000 })
    expect(decide(who, { surface: 'copy', direction, statement })).toMatchObject(decision)
  })
})
