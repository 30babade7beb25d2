-- Tilesets that are to be built by whichever node comes to it.
create table tileset_build (
  id uuid primary key,
  account_id uuid not null references account (id) on delete cascade,
  schema_name text not null,
  table_name text not null,
  -- What it is made of and how
  definition jsonb not null,
  state text not null check (state in ('pending', 'running', 'done', 'failed')),
  -- Of a running one; a build whose node is gone is taken up by another.
  node_id uuid,
  zoom integer,
  tiles bigint not null default 0,
  -- Of the zoom that is being made, from 0 to 1
  share double precision not null default 0,
  error text,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  check ((state = 'running') = (node_id is not null))
);
create unique index tileset_build_open on tileset_build (account_id, schema_name, table_name)
  where state in ('pending', 'running');
create index tileset_build_waiting on tileset_build (created_at) where state in ('pending', 'running');
