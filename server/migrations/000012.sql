-- Jobs of access tokens, beside those of API keys.

alter table batch_job
  alter column api_key_id drop not null,
  add column access_token_id uuid references access_token (id) on delete cascade,
  add check (num_nonnulls(api_key_id, access_token_id) = 1);
alter table batch_job rename column key_issued_at to credential_issued_at;
create index batch_job_access_token on batch_job (access_token_id) where access_token_id is not null;
