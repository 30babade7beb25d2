-- Who of an account is whom at the OpenID provider. A link is made once and stays: from then on e-mail
-- addresses say nothing any more.

create table oidc_link (
  user_id uuid primary key references account_user (id) on delete cascade,
  account_id uuid not null references account (id) on delete cascade,
  issuer text not null,
  subject text not null,
  created_at timestamptz not null,
  unique (account_id, issuer, subject)
);
