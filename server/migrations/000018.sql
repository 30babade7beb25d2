-- A second factor is in force from the moment that its first code was right. Codes count time steps;
-- one that was used, and those before it, are used up.

create table second_factor (
  user_id uuid primary key references account_user (id) on delete cascade,
  secret_key_id text not null references secret_key (id),
  secret_envelope bytea not null,
  created_at timestamptz not null,
  confirmed_at timestamptz,
  last_step bigint not null default 0
);

create table recovery_code (
  user_id uuid not null references second_factor (user_id) on delete cascade,
  code_hash bytea not null,
  primary key (user_id, code_hash)
);
