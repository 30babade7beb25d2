-- How much each key was used. Written in batches; what belongs to a key goes with it.

-- One row per key that was ever used. Not columns of api_key: its rows are locked by commands.
create table api_key_use (
  api_key_id uuid primary key references api_key (id) on delete cascade,
  last_used_at timestamptz not null,
  request_count bigint not null
);

-- Kept for a time; request_count stays.
create table api_key_usage (
  api_key_id uuid not null references api_key (id) on delete cascade,
  hour timestamptz not null,
  api text not null,
  requests bigint not null,
  -- Of the requests: answered with an error, or refused because the key may not
  errors bigint not null,
  denials bigint not null,
  primary key (api_key_id, hour, api)
);
create index api_key_usage_hour on api_key_usage (hour);
