-- Batch jobs: SQL that is run later, by whichever node comes to it first. When, in which turn and by
-- whom is graphile-worker's, in a schema of its own; what is run, and what became of it, is here.
create table batch_job (
  id uuid primary key,
  account_id uuid not null references account (id) on delete cascade,
  -- The key that made the job: its role runs it, and the job ends with it.
  api_key_id uuid not null references api_key (id) on delete cascade,
  -- api_key.updated_at of that key: a regenerated key is another one.
  key_issued_at timestamptz not null,
  -- Jobs of an account run in this order.
  number bigint not null,
  status text not null check (status in ('pending', 'running', 'done', 'failed', 'cancelled')),
  -- Why it ended, where that was not for its own SQL to say.
  end_reason text check (end_reason in ('node_lost', 'credential_ended')),
  -- AES-256-GCM of the queries, their statuses and reasons: SQL can hold secrets and quote data.
  document_envelope bytea not null,
  secret_key_id text not null references secret_key (id),
  -- The node that runs it or did.
  node_id uuid,
  cancel_requested_at timestamptz,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  started_at timestamptz,
  ended_at timestamptz,
  check ((status = 'pending') = (node_id is null and ended_at is null)),
  check ((status in ('pending', 'running')) = (ended_at is null))
);
-- One at a time per account.
create unique index batch_job_running on batch_job (account_id) where status = 'running';
create index batch_job_pending on batch_job (account_id, number) where status = 'pending';
create unique index batch_job_account on batch_job (account_id, number);
create index batch_job_api_key on batch_job (api_key_id);
create index batch_job_ended on batch_job (ended_at) where ended_at is not null;
