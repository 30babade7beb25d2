-- Tables change through keys that may not write here, so this one runs with the rights of its owner.
-- It takes nothing from its caller: PostgreSQL calls it for a change of a table, and nobody else can.
create or replace function cartodb._cdb_tablemetadata_trigger() returns trigger
language plpgsql security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into cartodb.cdb_tablemetadata as m (tabname, updated_at)
  values (tg_relid, clock_timestamp())
  on conflict (tabname) do update set updated_at = greatest(m.updated_at, excluded.updated_at);
  return null;
end
$$;

-- What a caller may know of it: the tables that the caller may read, but for those that the public
-- role is not told of. PostgreSQL asks for the rights of the caller here, although the view reads with
-- the rights of its owner.
create or replace view cartodb.cdb_tablemetadata_text with (security_barrier) as
select pg_catalog.format('%I.%I', n.nspname, c.relname) as tabname, m.updated_at, c.oid as relid
from cartodb.cdb_tablemetadata m
join pg_catalog.pg_class c on c.oid = m.tabname
join pg_catalog.pg_namespace n on n.oid = c.relnamespace
where pg_catalog.has_table_privilege(c.oid, 'select')
  and not exists (
    select from cartodb.cdb_dataset d cross join cartodb.cdb_account a
    where d.tabname = m.tabname and d.unlisted and a.public_role = current_user);

-- Counts as a change of the table. The caller must be able to make one.
create or replace function cartodb.cdb_tablemetadatatouch(tablename regclass) returns void
language plpgsql strict
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (
    select from pg_trigger
    where tgrelid = tablename and tgfoid = 'cartodb._cdb_tablemetadata_trigger()'::regprocedure
  ) then
    raise exception 'Changes of the table % are not recorded', tablename
      using errcode = 'object_not_in_prerequisite_state',
        hint = 'CDB_CartodbfyTable makes it so.';
  end if;
  -- Changes no row, and the trigger is for the statement.
  execute format('delete from only %s where false', tablename);
end
$$;
