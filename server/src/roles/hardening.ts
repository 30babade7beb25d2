import { quoteLiteral } from '../store/quote-identifier.ts'

/**
 * What PostgreSQL and PostGIS leave open to everybody and a role behind a public API must not have.
 * One rule a promise; `check` and `mend` are the whole of it. Each statement looks only at the
 * database it runs in, and means the same whatever the search_path is.
 */
export type HardeningRule = {
  readonly name: string
  /** What a caller could do without the rule. */
  readonly why: string
  /** Returns one row (column `object`) for each thing that is still open. */
  readonly check: string
  /** Closes what `check` finds. Must run as the owner of the things: for most, a superuser. */
  readonly mend: string
}

/** True for functions that came with PostgreSQL or an extension; an account's own are its affair. */
const isShipped = `(
    p.pronamespace = 'pg_catalog'::pg_catalog.regnamespace
    or exists (
      select from pg_catalog.pg_depend d
      where d.classid = 'pg_catalog.pg_proc'::pg_catalog.regclass and d.objid = p.oid
        and d.deptype = 'e'))`

/** The text of a DO block that runs `statement` (a format string) for each row of `check`. */
function forEach(check: string, statement: string): string {
  return `do $mend$
declare
  thing record;
begin
  for thing in ${check} loop
    execute pg_catalog.format(${statement}, thing.object);
  end loop;
end
$mend$`
}

/** True for functions with one of these names; a star at the end stands for any ending. */
function hasName(names: readonly string[]): string {
  const whole = names.filter((name) => !name.endsWith('*'))
  const beginnings = names.filter((name) => name.endsWith('*')).map((name) => name.slice(0, -1))
  return `(
    p.proname = any (${quoteLiteral(`{${whole.join(',')}}`)}::name[])
    or exists (
      select from unnest(${quoteLiteral(`{${beginnings.join(',')}}`)}::text[]) as beginning
      where pg_catalog.starts_with(p.proname::text, beginning)))`
}

/** The account's owner role, in an account's database. */
const ownerOfPublicSchema = `(
      select n.nspowner::pg_catalog.regrole::text
      from pg_catalog.pg_namespace n where n.nspname = 'public')`

/** Takes EXECUTE from PUBLIC on all functions of these names, so that later overloads are caught too. */
function functionRule(rule: {
  readonly name: string
  readonly why: string
  readonly functions: readonly string[]
  /** The argument types, where only that overload is meant. */
  readonly taking?: string
  /** The owner of the account, who could use them until then, keeps them. */
  readonly isKeptByOwner?: boolean
}): HardeningRule {
  const taking =
    rule.taking === undefined
      ? ''
      : `
  and pg_catalog.oidvectortypes(p.proargtypes) = ${quoteLiteral(rule.taking)}`
  const check = `select p.oid::pg_catalog.regprocedure::text as object
from pg_catalog.pg_proc p
where ${hasName(rule.functions)}${taking}
  and ${isShipped}
  and pg_catalog.has_function_privilege('public', p.oid, 'execute')
order by 1`
  return {
    name: rule.name,
    why: rule.why,
    check,
    mend: forEach(
      check,
      rule.isKeptByOwner === true
        ? `'revoke execute on routine %1$s from public; grant execute on routine %1$s to ' || ${ownerOfPublicSchema}`
        : `'revoke execute on routine %s from public'`,
    ),
  }
}

/** Shipped SECURITY DEFINER functions that are safe for everybody. None is, so far. */
const knownSecurityDefiners: readonly string[] = []

const openSecurityDefiners = `select p.oid::pg_catalog.regprocedure::text as object
from pg_catalog.pg_proc p
join pg_catalog.pg_roles r on r.oid = p.proowner
where p.prosecdef
  and (r.rolsuper or r.rolname = current_user or ${isShipped})
  and not p.oid::pg_catalog.regprocedure::text = any (array[${knownSecurityDefiners.map(quoteLiteral).join(', ')}]::text[])
  and pg_catalog.has_function_privilege('public', p.oid, 'execute')
order by 1`

const openLanguages = `select pg_catalog.quote_ident(l.lanname) as object
from pg_catalog.pg_language l
where l.lanpltrusted and pg_catalog.has_language_privilege('public', l.oid, 'usage')
order by 1`

const openSchemas = `select pg_catalog.quote_ident(n.nspname) as object
from pg_catalog.pg_namespace n
where pg_catalog.has_schema_privilege('public', n.oid, 'create')
order by 1`

function openDatabase(privilege: 'connect' | 'temporary'): string {
  return `select pg_catalog.quote_ident(pg_catalog.current_database()) as object
where pg_catalog.has_database_privilege('public', pg_catalog.current_database(), '${privilege}')`
}

/**
 * PostGIS functions by which the owner of a table changes it or looks at the whole of it. find_srid
 * is not one of them: it reads geometry_columns, which shows a role only what it may select, and
 * GDAL learns from it what projection a layer has.
 */
const tableAdministration = [
  'addgeometrycolumn',
  'dropgeometrycolumn',
  'dropgeometrytable',
  'updategeometrysrid',
  'populate_geometry_columns',
  'st_findextent',
  'st_fromflatgeobuftotable',
]

/** Views of the catalogue that only an owner may ask need them as well. */
const definitions = [
  'pg_get_viewdef',
  'pg_get_ruledef',
  'pg_get_functiondef',
  'pg_get_function_sqlbody',
  'pg_get_triggerdef',
  'obj_description',
  'col_description',
]

export const hardeningRules: readonly HardeningRule[] = [
  {
    name: 'no-connect-for-everybody',
    why: "Every role of the server, another account's too, could log in to the database.",
    check: openDatabase('connect'),
    mend: forEach(openDatabase('connect'), `'revoke connect on database %s from public'`),
  },
  {
    name: 'no-temporary-tables',
    why: 'A temporary table or view would stand in front of the real one for whoever comes next on the connection.',
    check: openDatabase('temporary'),
    mend: forEach(openDatabase('temporary'), `'revoke temporary on database %s from public'`),
  },
  {
    name: 'no-create-in-schemas',
    why: 'Anybody could place functions, operators and tables where other statements look for theirs.',
    check: openSchemas,
    mend: forEach(openSchemas, `'revoke create on schema %s from public'`),
  },
  {
    name: 'no-languages',
    why: 'DO and functions can swallow a cancellation, change settings half-way and hide what a statement does.',
    check: openLanguages,
    mend: forEach(openLanguages, `'revoke usage on language %s from public'`),
  },
  functionRule({
    name: 'no-sql-in-strings',
    why: 'These run SQL that is given as text, so the statement does not show which tables it reads.',
    functions: [
      'query_to_xml*',
      'table_to_xml*',
      'cursor_to_xml*',
      'schema_to_xml*',
      'database_to_xml*',
      'ts_stat',
      'dblink*',
      'crosstab*',
      'connectby*',
      'xpath_table',
    ],
  }),
  functionRule({
    name: 'no-sql-in-text-search',
    why: 'This overload runs SQL that is given as text.',
    functions: ['ts_rewrite'],
    taking: 'tsquery, text',
  }),
  functionRule({
    name: 'no-settings-in-expressions',
    why: 'A plain SELECT could change deadlines, search_path or role half-way. UPDATE pg_settings needs it too.',
    functions: ['set_config'],
  }),
  functionRule({
    name: 'no-advisory-locks',
    why: 'A lock outlives the request on a pooled connection, and can hold up others.',
    functions: ['pg_advisory_*', 'pg_try_advisory_*'],
  }),
  functionRule({
    name: 'no-large-objects',
    why: 'Large objects are storage outside all grants, and some versions let read-only transactions make them.',
    functions: ['lo_*', 'loread', 'lowrite'],
  }),
  functionRule({
    name: 'no-notifications',
    why: 'Channels have no privileges: one key could forge what another listens to.',
    functions: ['pg_notify'],
  }),
  functionRule({
    name: 'no-sleeping',
    why: 'Holds a connection without costing the caller anything.',
    functions: ['pg_sleep*'],
  }),
  functionRule({
    name: 'no-ending-of-sessions',
    why: 'One request could end the others of the same key.',
    functions: ['pg_terminate_backend', 'pg_cancel_backend'],
  }),
  functionRule({
    name: 'no-snapshots-and-log-messages',
    why: 'Leaves files and log records behind that outlive the request.',
    functions: ['pg_export_snapshot', 'pg_logical_emit_message'],
  }),
  functionRule({
    name: 'no-postgis-administration',
    why: 'These change tables or build SQL from their arguments.',
    functions: [
      ...tableAdministration,
      'postgis_extensions_upgrade',
      'addauth',
      'checkauth',
      'checkauthtrigger',
      'lockrow',
      'unlockrows',
      'enablelongtransactions',
      'disablelongtransactions',
      'longtransactionsenabled',
      'gettransactionid',
    ],
  }),
  functionRule({
    name: 'no-postgis-statistics',
    why: 'These tell the extent and the density of any table, granted or not: they read its statistics and index without asking.',
    functions: [
      '_postgis_stats',
      '_postgis_selectivity',
      '_postgis_join_selectivity',
      '_postgis_index_extent',
      'st_estimatedextent',
      'st_estimated_extent',
    ],
  }),
  functionRule({
    name: 'no-definitions-of-others',
    why: 'These tell the text of any view or function, and what is said of any table, granted or not: an oid is easily guessed.',
    functions: definitions,
    isKeptByOwner: true,
  }),
  {
    name: 'no-rights-of-others',
    why: "SECURITY DEFINER functions run with their owner's rights: a superuser's or Postern's own.",
    check: openSecurityDefiners,
    mend: forEach(openSecurityDefiners, `'revoke execute on routine %s from public'`),
  },
]

/**
 * Gives `role` (SQL text) what an account's owner gets back of it; `option` may say `with grant
 * option`. An owner's statements reach nobody else's data: the account's boundary is its database.
 */
export function ownerPrivilegesSql(role: string, option: '' | 'with grant option'): string {
  const functions = `select p.oid::pg_catalog.regprocedure::text as object
from pg_catalog.pg_proc p
where ${hasName([...tableAdministration, ...definitions, 'st_estimatedextent', 'pg_sleep*'])} and ${isShipped}`
  // The role is a quoted identifier inside a format string: its own percent signs must not count.
  const grantee = role.replaceAll('%', '%%').replaceAll("'", "''")
  return `grant usage on language sql, plpgsql to ${role} ${option};
${forEach(functions, `'grant execute on routine %s to ${grantee} ${option}'`)}`
}
