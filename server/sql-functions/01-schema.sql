-- What stands in the schema `cartodb` of every account's database. The schema and all in it belong to
-- Postern's own role; nobody else may create there. Every file can be run again on any database that
-- an earlier version made.
--
-- Callers' search_path is `public, cartodb, postgis`, and `public` is the account's own. So nothing
-- here relies on it: functions that need no name of the caller's have `pg_catalog` alone, the others
-- qualify every name, operators included.

create schema if not exists cartodb;

-- One row: whose database this is. In a template there is none.
create table if not exists cartodb.cdb_account (
  singleton boolean primary key default true check (singleton),
  name text not null,
  public_role name not null,
  -- 0: as much as there is room for
  quota_in_bytes bigint not null default 0 check (quota_in_bytes >= 0)
);

-- When the contents of a table last changed: of those that have the trigger `track_updates`.
create table if not exists cartodb.cdb_tablemetadata (
  tabname regclass primary key,
  updated_at timestamptz not null,
  recorded_since timestamptz not null default clock_timestamp()
);
alter table cartodb.cdb_tablemetadata
  add column if not exists recorded_since timestamptz not null default clock_timestamp();

-- What is said of a dataset (a table or a view) besides its name, its comment and its privileges.
create table if not exists cartodb.cdb_dataset (
  tabname regclass primary key,
  title text,
  tags text[] not null default '{}',
  license text,
  attributions text,
  locked boolean not null default false,
  -- Readable for everybody who has the link: the public role reads it and is not told that it is there.
  unlisted boolean not null default false
);
