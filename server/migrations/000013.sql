-- Applications that manage an account in a user's name (OAuth 2.0).

-- Programs, which have a secret and act as the user that they belong to; and applications in browsers,
-- which have none and act as whoever lets them.
create table oauth_client (
  id uuid primary key,
  account_id uuid not null references account (id) on delete cascade,
  name text not null,
  kind text not null check (kind in ('m2m', 'public')),
  -- Of a program: whom it acts as, and the SHA-256 of its secret
  user_id uuid references account_user (id) on delete cascade,
  secret_hash bytea,
  -- Where a browser may be sent back to, character by character
  redirect_uris text[] not null,
  scopes text[] not null,
  created_at timestamptz not null,
  unique (account_id, name),
  check ((kind = 'm2m') = (user_id is not null)),
  check ((kind = 'm2m') = (secret_hash is not null))
);
create index oauth_client_user on oauth_client (user_id);

-- Who lets which client do what. Whatever a client holds hangs on one of these and ends with it.
create table oauth_grant (
  id uuid primary key,
  client_id uuid not null references oauth_client (id) on delete cascade,
  user_id uuid not null references account_user (id) on delete cascade,
  scopes text[] not null,
  created_at timestamptz not null,
  -- Null for that of a program
  expires_at timestamptz
);
create index oauth_grant_client on oauth_grant (client_id);
create index oauth_grant_user on oauth_grant (user_id);
create index oauth_grant_expiry on oauth_grant (expires_at);

-- Codes, access tokens and refresh tokens, found by the SHA-256 of 131 random bits. What is good for one
-- use stays when it was used: whoever comes with it again has stolen it, or was stolen from.
create table oauth_token (
  id uuid primary key,
  token_hash bytea not null unique,
  grant_id uuid not null references oauth_grant (id) on delete cascade,
  kind text not null check (kind in ('code', 'access', 'refresh')),
  scopes text[] not null,
  -- Of a code: where it was sent, and what its holder has to know (RFC 7636)
  redirect_uri text,
  code_challenge text,
  created_at timestamptz not null,
  expires_at timestamptz not null,
  used_at timestamptz,
  check ((kind = 'code') = (redirect_uri is not null and code_challenge is not null))
);
create index oauth_token_grant on oauth_token (grant_id);
create index oauth_token_expiry on oauth_token (expires_at);

alter table revocation drop constraint revocation_kind_check;
alter table revocation add constraint revocation_kind_check
  check (kind in ('api_key', 'access_token', 'account', 'key_ring', 'regular_keys',
    'account_settings', 'public_access', 'session', 'user', 'oauth_client', 'oauth_grant',
    'oauth_token'));
