-- Who managed what, and when. It names accounts, users and what they made as they were called then
-- and refers to nothing: events outlive what they tell of.

create table audit_event (
  id uuid primary key default gen_random_uuid(),
  -- In milliseconds, so that a cursor can name it.
  at timestamptz(3) not null default clock_timestamp(),
  -- Null for what concerns the whole installation.
  account_id uuid,
  account_name text,
  actor_kind text not null check (
    actor_kind in ('user', 'master_key', 'oauth_client', 'operator', 'system', 'nobody')
  ),
  actor_id uuid,
  actor_name text,
  -- Of an OAuth client: the user in whose name it acted.
  acting_for text,
  -- The network of whoever sent the request; null where there was none.
  client_network text,
  action text not null,
  target_id text,
  target_name text,
  details jsonb not null default '{}'::jsonb
);

create index audit_event_account on audit_event (account_id, at desc, id desc);
create index audit_event_at on audit_event (at);

-- Also Postern itself cannot change what has happened. It forgets what is older than a year.
create function keep_audit_events() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if old.at < clock_timestamp() - interval '365 days' then
      return old;
    end if;
  end if;
  raise exception 'Events of the audit log are neither changed nor deleted within a year.';
end
$$;

create trigger audit_event_is_kept before update or delete on audit_event
for each row execute function keep_audit_events();

create trigger audit_event_is_not_emptied before truncate on audit_event
for each statement execute function keep_audit_events();
