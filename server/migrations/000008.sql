-- API access tokens, and the connections that their grants name.

-- Where an account's data is: its own database, and PostGIS servers that its owner has registered.
create table connection (
  id uuid primary key,
  account_id uuid not null references account (id) on delete cascade,
  name text not null,
  -- The account's own database, which needs neither address nor password here
  is_default boolean not null default false,
  -- Host, port, database, user and TLS; no secret
  config jsonb not null default '{}',
  -- AES-256-GCM of the password
  password_envelope bytea,
  secret_key_id text references secret_key (id),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (account_id, name),
  check ((password_envelope is null) = (secret_key_id is null))
);
create unique index connection_default on connection (account_id) where is_default;
insert into connection (id, account_id, name, is_default)
  select gen_random_uuid(), id, 'default', true from account;

create table access_token (
  id uuid primary key,
  account_id uuid not null references account (id) on delete cascade,
  -- It belongs to whoever made it, and is invisible to the account's other users.
  user_id uuid not null references account_user (id),
  name text not null,
  state text not null check (state in ('pending', 'active', 'deleting')),
  allowed_apis text[] not null,
  -- Origins; empty: it may be used from anywhere
  referers text[] not null,
  -- From then on the token opens nothing; null for never.
  expires_at timestamptz,
  -- HMAC and AES-256-GCM of the token, made with the key-ring key named by secret_key_id
  token_index bytea not null unique,
  token_envelope bytea,
  secret_key_id text not null references secret_key (id),
  created_at timestamptz not null,
  updated_at timestamptz not null
);
create unique index access_token_name on access_token (user_id, name) where state <> 'deleting';
create index access_token_account on access_token (account_id);

-- LOGIN roles of access tokens: on each connection one that holds its tables, and one for each query,
-- which can read what that query reads and nothing else.
create table access_token_role (
  role text primary key,
  token_id uuid not null references access_token (id) on delete cascade,
  connection_id uuid not null references connection (id),
  password_envelope bytea not null,
  secret_key_id text not null references secret_key (id),
  created_at timestamptz not null default now()
);
create index access_token_role_token on access_token_role (token_id);
create index access_token_role_connection on access_token_role (connection_id);

create table access_token_grant (
  token_id uuid not null references access_token (id) on delete cascade,
  position integer not null,
  connection_id uuid not null references connection (id),
  kind text not null check (kind in ('table', 'wildcard', 'all', 'query')),
  -- As it was given, and is shown
  source text not null,
  -- Of a table and of a wildcard; `relation_name` of a wildcard is what names begin with
  schema_name text,
  relation_name text,
  -- Of a query: what runs, and what a caller's text is recognised by
  statement text,
  fingerprint text,
  role text not null references access_token_role (role) on delete cascade,
  primary key (token_id, position),
  check ((kind in ('table', 'wildcard')) = (schema_name is not null and relation_name is not null)),
  check ((kind = 'query') = (statement is not null and fingerprint is not null))
);
create index access_token_grant_connection on access_token_grant (connection_id);
create index access_token_grant_role on access_token_grant (role);

-- Which group roles each of them was made a member of.
create table access_token_group_role (
  role text not null references access_token_role (role) on delete cascade,
  group_role text not null references group_role (role) on delete cascade,
  primary key (role, group_role)
);
create index access_token_group_role_group on access_token_group_role (group_role);

-- One row per token that was ever used, and its use by the hour.
create table access_token_use (
  token_id uuid primary key references access_token (id) on delete cascade,
  last_used_at timestamptz not null,
  request_count bigint not null
);
create table access_token_usage (
  token_id uuid not null references access_token (id) on delete cascade,
  hour timestamptz not null,
  api text not null,
  requests bigint not null,
  errors bigint not null,
  denials bigint not null,
  primary key (token_id, hour, api)
);
create index access_token_usage_hour on access_token_usage (hour);

-- connect: what lets the roles of access tokens log in to the account's database, for they are no
-- members of its public role. pattern: reads the tables of a schema whose names begin with what
-- `privileges` says before its star.
alter table group_role drop constraint group_role_kind_check;
alter table group_role add constraint group_role_kind_check
  check (kind in ('table', 'schema_usage', 'schema_create', 'service', 'connect', 'pattern'));
-- The server that the role is on; null for the installation's own.
alter table group_role add column connection_id uuid references connection (id) on delete cascade;
create unique index group_role_connect on group_role (account_id) where kind = 'connect' and connection_id is null;
create unique index group_role_pattern on group_role (account_id, object_oid, privileges)
  where kind = 'pattern' and connection_id is null;

-- A credential that ended is a key or an access token, and a token has several roles.
alter table revocation drop constraint revocation_kind_check;
alter table revocation add constraint revocation_kind_check
  check (kind in ('api_key', 'access_token', 'account', 'key_ring', 'regular_keys',
    'account_settings', 'public_access'));
alter table revocation rename column api_key_id to credential_id;
alter table revocation add column roles text[] not null default '{}';
update revocation set roles = array[role] where role is not null;
alter table revocation drop column role;
