-- Users of an account: what they sign in with, and where they have.
alter table account_user add column email text;
alter table account_user add column updated_at timestamptz;
update account_user set updated_at = created_at;
alter table account_user alter column updated_at set not null;
-- Nobody is told from somebody else by the case of a letter.
create unique index account_user_name on account_user (account_id, lower(name));
create unique index account_user_email on account_user (account_id, lower(email));

-- Sign-ins that have not ended: the sessions of browsers.
create table sign_in (
  id uuid primary key,
  user_id uuid not null references account_user (id) on delete cascade,
  -- SHA-256 of 131 random bits
  token_hash bytea not null unique,
  created_at timestamptz not null,
  last_seen_at timestamptz not null
);
create index sign_in_user on sign_in (user_id);
create index sign_in_last_seen on sign_in (last_seen_at);

-- Attempts that have not come to anything, by whom they were for and by where they came from.
create table sign_in_failure (
  -- SHA-256: what people type where a name belongs may be a password.
  subject bytea primary key,
  failures integer not null,
  last_at timestamptz not null,
  -- Null when the next attempt may be made at once
  blocked_until timestamptz
);
create index sign_in_failure_last on sign_in_failure (last_at);

alter table revocation drop constraint revocation_kind_check;
alter table revocation add constraint revocation_kind_check
  check (kind in ('api_key', 'access_token', 'account', 'key_ring', 'regular_keys',
    'account_settings', 'public_access', 'session', 'user'));
