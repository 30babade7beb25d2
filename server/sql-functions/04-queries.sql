-- These plan a statement that is given as text: as the caller, in the caller's own session, with the
-- caller's search_path. They never run it, and never with anybody else's rights. With the caller's
-- search_path every name in here is qualified, operators included.

-- A cursor takes one statement and no more: a text that holds a second one is refused before
-- anything of it is done.
create or replace function cartodb._cdb_plan(query text) returns jsonb
language plpgsql volatile strict
as $$
declare
  line record;
begin
  for line in execute pg_catalog.concat('explain (format json, verbose) ', query) loop
    return line."QUERY PLAN"::pg_catalog.jsonb;
  end loop;
  return null;
end
$$;

-- Relations that a statement reads or writes, and tables that those are partitions of.
create or replace function cartodb._cdb_queryrelations(query text)
returns table (schema_name name, table_name name, relid oid)
language sql volatile strict
as $$
  with planned as (
    select c.oid
    from pg_catalog.jsonb_path_query(
      cartodb._cdb_plan(query), 'strict $.** ? (exists (@."Relation Name"))') as node
    join pg_catalog.pg_namespace n
      on n.nspname operator(pg_catalog.=)
        (node operator(pg_catalog.->>) 'Schema'::text)::pg_catalog.name
    join pg_catalog.pg_class c
      on c.relnamespace operator(pg_catalog.=) n.oid
      and c.relname operator(pg_catalog.=)
        (node operator(pg_catalog.->>) 'Relation Name'::text)::pg_catalog.name
  ), involved as (
    select oid from planned
    union
    select ancestor::oid
    from planned cross join lateral pg_catalog.pg_partition_ancestors(oid) as ancestor
  )
  select n.nspname, c.relname, c.oid
  from involved i
  join pg_catalog.pg_class c on c.oid operator(pg_catalog.=) i.oid
  join pg_catalog.pg_namespace n on n.oid operator(pg_catalog.=) c.relnamespace
$$;

create or replace function cartodb.cdb_querytablestext(query text) returns text[]
language sql volatile strict
as $$
  select coalesce(
    pg_catalog.array_agg(name order by name), '{}'::text[])
  from (
    select pg_catalog.format('%I.%I', schema_name, table_name) as name
    from cartodb._cdb_queryrelations(query)
  ) as relation
$$;

create or replace function cartodb.cdb_querytables(query text) returns name[]
language sql volatile strict
as 'select cartodb.cdb_querytablestext(query)::name[]';

-- With when each last changed, where that is recorded and the caller may read the table.
create or replace function cartodb.cdb_querytables_updated_at(query text)
returns table (dbname text, schema_name text, table_name text, updated_at timestamptz)
language sql volatile strict
as $$
  select pg_catalog.current_database()::text, q.schema_name::text, q.table_name::text, m.updated_at
  from cartodb._cdb_queryrelations(query) q
  left join cartodb.cdb_tablemetadata_text m on m.relid operator(pg_catalog.=) q.relid
  order by 2, 3
$$;

-- How many rows the planner expects, from its statistics.
create or replace function cartodb.cdb_estimaterowcount(query text) returns numeric
language sql volatile strict
as $$
  select (cartodb._cdb_plan(query)
    operator(pg_catalog.#>>) '{0,Plan,Plan Rows}'::text[])::pg_catalog.numeric
$$;
