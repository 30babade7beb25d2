-- The control database: who exists, what they hold, what was ended and when.
-- It never holds the data that it guards, and no secret in clear.

create table installation (
  singleton boolean primary key default true check (singleton),
  -- Part of the name of every role this installation makes, so that it never touches another's.
  id text not null check (id ~ '^[a-z0-9]{6}$'),
  created_at timestamptz not null default now()
);

-- Grows by one with every change that takes access away. Updating the row also serialises those
-- changes, so that a node that has seen epoch N has seen everything up to N.
create table epoch (
  singleton boolean primary key default true check (singleton),
  value bigint not null default 0
);
insert into epoch default values;

-- One row per serving process. A node may trust its caches only while its lease runs.
create table node (
  id uuid primary key,
  started_at timestamptz not null default now(),
  lease_until timestamptz not null,
  acked_epoch bigint not null
);

-- The key-ring keys in use, by id. Holds no key. A row that was made with a key keeps that key from
-- being retired.
create table secret_key (
  id text primary key,
  created_at timestamptz not null default now()
);

create table account (
  id uuid primary key,
  name text not null unique check (name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'),
  state text not null check (state in ('pending', 'active', 'deleting')),
  database text not null unique,
  owner_role text not null unique,
  public_role text not null unique,
  created_at timestamptz not null,
  updated_at timestamptz not null
);

create table account_user (
  id uuid primary key,
  account_id uuid not null references account (id) on delete cascade,
  name text not null,
  level text not null check (level in ('owner', 'editor', 'viewer')),
  -- argon2id, in its own encoded form
  password_hash text not null,
  created_at timestamptz not null,
  unique (account_id, name)
);

create table api_key (
  id uuid primary key,
  account_id uuid not null references account (id) on delete cascade,
  name text not null,
  type text not null check (type in ('master', 'default', 'regular')),
  state text not null check (state in ('pending', 'active', 'deleting')),
  -- HMAC of the token under the key named by secret_key_id; null for the literal default_public
  token_index bytea unique,
  -- AES-256-GCM of the token; null where there is nothing to show again
  token_envelope bytea,
  -- The key-ring key that token_index, token_envelope and password_envelope were made with
  secret_key_id text not null references secret_key (id),
  role text not null unique,
  password_envelope bytea not null,
  -- The grants as accepted at creation. What holds is what the roles hold.
  grants jsonb not null,
  created_at timestamptz not null,
  updated_at timestamptz not null
);
-- A key that is being deleted no longer owns its name.
create unique index api_key_name on api_key (account_id, name) where state <> 'deleting';
create unique index api_key_builtin on api_key (account_id, type) where type <> 'regular';

-- NOLOGIN roles that hold privileges; a key is a member of one per granted object. Which one serves
-- an object is read from the object; the rows say which ones Postern made, and for what.
create table group_role (
  role text primary key,
  account_id uuid not null references account (id) on delete cascade,
  kind text not null check (kind in ('table', 'schema_usage', 'schema_create')),
  -- pg_class.oid or pg_namespace.oid: grants follow the object, not its name
  object_oid oid not null,
  -- sorted, comma-separated; 'usage' or 'create' for schemas
  privileges text not null,
  created_at timestamptz not null default now()
);
create index group_role_account on group_role (account_id);

create table api_key_group_role (
  api_key_id uuid not null references api_key (id) on delete cascade,
  role text not null references group_role (role) on delete cascade,
  primary key (api_key_id, role)
);
create index api_key_group_role_role on api_key_group_role (role);

-- What was taken away, in order. Nodes read from their own epoch onwards.
create table revocation (
  epoch bigint primary key,
  kind text not null check (kind in ('api_key', 'account', 'key_ring')),
  account_id uuid,
  api_key_id uuid,
  role text,
  created_at timestamptz not null default now()
);
