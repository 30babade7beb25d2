create or replace function cartodb.cdb_username() returns text
language sql stable
set search_path = pg_catalog, pg_temp
as 'select name from cartodb.cdb_account';

-- 0: no limit.
create or replace function cartodb._cdb_userquotainbytes() returns bigint
language sql stable
set search_path = pg_catalog, pg_temp
as 'select coalesce((select quota_in_bytes from cartodb.cdb_account), 0)';

-- Returns what the quota was. Who may: the row's privileges say so.
create or replace function cartodb.cdb_setuserquotainbytes(bytes bigint) returns bigint
language plpgsql strict
set search_path = pg_catalog, pg_temp
as $$
declare
  before constant bigint := cartodb._cdb_userquotainbytes();
begin
  if bytes < 0 then
    raise exception 'A quota cannot be negative' using errcode = 'invalid_parameter_value';
  end if;
  update cartodb.cdb_account set quota_in_bytes = bytes;
  return before;
end
$$;

-- A quota is an account's: the schema is there for clients that name one.
create or replace function cartodb.cdb_setuserquotainbytes(schema_name text, bytes bigint)
returns bigint
language sql strict
set search_path = pg_catalog, pg_temp
as 'select cartodb.cdb_setuserquotainbytes(bytes)';

-- Bytes on disk of the tables and materialized views of one schema, indexes included.
create or replace function cartodb.cdb_userdatasize(schema_name text) returns bigint
language sql volatile strict
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'm') and n.nspname = schema_name
$$;

-- The same for all that is the account's own.
create or replace function cartodb.cdb_userdatasize() returns bigint
language sql volatile
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'm') and n.nspname !~ '^pg_'
    and n.nspname not in ('information_schema', 'cartodb', 'postgis')
$$;
