-- Relations that the caller may read, but for those that the public role is not told of.
create or replace view cartodb.cdb_listed with (security_barrier) as
select c.oid as relid
from pg_catalog.pg_class c, cartodb.cdb_account a
where pg_catalog.has_table_privilege(c.oid, 'select')
  and not (
    current_user operator(pg_catalog.=) a.public_role
    and exists (
      select from cartodb.cdb_dataset d
      where d.tabname::oid operator(pg_catalog.=) c.oid and d.unlisted));

-- Names of tables that the caller may read and can name without their schema: `public` for those
-- that everybody may read, `private` for the others, `all` for both.
create or replace function cartodb.cdb_usertables(perm text default 'all') returns setof name
language sql stable
as $$
  select c.relname
  from cartodb.cdb_listed l
  join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) l.relid
  join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
  cross join lateral (
    select pg_catalog.has_table_privilege(a.public_role, c.oid, 'select') as is_public
    from cartodb.cdb_account a
  ) as known
  where c.relkind operator(pg_catalog.=) any ('{r,p,f}'::"char"[])
    and n.nspname operator(pg_catalog.<>) all (
      '{pg_catalog,information_schema,cartodb,postgis}'::pg_catalog.name[])
    and pg_catalog.pg_table_is_visible(c.oid)
    and case perm
      when 'all'::text then true
      when 'public'::text then is_public
      when 'private'::text then not is_public
    end
  order by c.relname
$$;

-- Columns that the caller may read, in the table's order.
create or replace function cartodb.cdb_columnnames(reloid regclass)
returns setof information_schema.sql_identifier
language sql stable strict
set search_path = pg_catalog, pg_temp
as $$
  select attname::information_schema.sql_identifier
  from pg_attribute
  where attrelid = reloid and attnum > 0 and not attisdropped
    and has_column_privilege(reloid, attnum, 'select')
  order by attnum
$$;

-- The type of such a column; null for any other.
create or replace function cartodb.cdb_columntype(reloid regclass, column_name text)
returns information_schema.character_data
language sql stable strict
set search_path = pg_catalog, pg_temp
as $$
  select format_type(atttypid, null)::information_schema.character_data
  from pg_attribute
  where attrelid = reloid and attname = column_name and attnum > 0 and not attisdropped
    and has_column_privilege(reloid, attnum, 'select')
$$;
