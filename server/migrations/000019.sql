-- Invitations: whoever has the link becomes a user of the account, once. They end with the owner who
-- made them.

create table invitation (
  id uuid primary key,
  account_id uuid not null references account (id) on delete cascade,
  invited_by uuid not null references account_user (id) on delete cascade,
  email text not null,
  level text not null check (level in ('owner', 'editor', 'viewer')),
  token_hash bytea not null unique,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create unique index invitation_email on invitation (account_id, lower(email));
create index invitation_invited_by on invitation (invited_by);
