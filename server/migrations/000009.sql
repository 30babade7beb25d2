-- Registered servers, and statements that have a name.

alter table connection
  -- Who registered it; null for the account's own database, and when that user has gone
  add column user_id uuid references account_user (id) on delete set null,
  -- Of a registered server: which it is and what it offers, as the last self-check found it
  add column facts jsonb;
alter table connection add constraint connection_registered_check
  check (is_default = (password_envelope is null) and is_default = (facts is null));

create table named_source (
  id uuid primary key,
  account_id uuid not null references account (id) on delete cascade,
  connection_id uuid not null references connection (id),
  name text not null check (name ~ '^[a-z0-9][a-z0-9_-]{1,49}[a-z0-9]$'),
  description text,
  -- What runs, and what a grant of it is recognised by
  statement text not null,
  fingerprint text not null,
  user_id uuid references account_user (id) on delete set null,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  unique (account_id, name)
);
create index named_source_connection on named_source (connection_id);

-- One group role of a kind on each registered server, as there is one in an account's own database.
create unique index group_role_connect_registered on group_role (connection_id)
  where kind = 'connect' and connection_id is not null;
create unique index group_role_pattern_registered on group_role (connection_id, object_oid, privileges)
  where kind = 'pattern' and connection_id is not null;
