-- Sign-ins say how somebody signed in, from where, and when they last confirmed who they are. Where
-- they are from is kept for as long as the sign-in, for its user to recognise it.

alter table sign_in
  add column signed_in_by text not null default 'password'
    check (signed_in_by in ('password', 'oidc')),
  add column confirmed_at timestamptz,
  add column user_agent text,
  add column network text;
alter table sign_in alter column signed_in_by drop default;
