-- The control database as the migrations make it, to be read in one piece.
-- Made by `npm run schema:update`; a test compares.

create table access_token (
  id uuid not null,
  account_id uuid not null,
  user_id uuid not null,
  name text not null,
  state text not null,
  allowed_apis text[] not null,
  referers text[] not null,
  expires_at timestamp with time zone,
  token_index bytea not null,
  token_envelope bytea,
  secret_key_id text not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  index_key_id text,
  constraint access_token_pkey PRIMARY KEY (id),
  constraint access_token_token_index_key UNIQUE (token_index),
  constraint access_token_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'active'::text, 'deleting'::text])))
);

create table access_token_grant (
  token_id uuid not null,
  "position" integer not null,
  connection_id uuid not null,
  kind text not null,
  source text not null,
  schema_name text,
  relation_name text,
  statement text,
  fingerprint text,
  role text not null,
  named_source_id uuid,
  constraint access_token_grant_pkey PRIMARY KEY (token_id, "position"),
  constraint access_token_grant_check CHECK (((kind = ANY (ARRAY['table'::text, 'wildcard'::text])) = ((schema_name IS NOT NULL) AND (relation_name IS NOT NULL)))),
  constraint access_token_grant_check1 CHECK (((kind = 'query'::text) = ((statement IS NOT NULL) AND (fingerprint IS NOT NULL)))),
  constraint access_token_grant_kind_check CHECK ((kind = ANY (ARRAY['table'::text, 'wildcard'::text, 'all'::text, 'query'::text]))),
  constraint access_token_grant_named_check CHECK (((named_source_id IS NULL) OR (kind = 'query'::text)))
);

create table access_token_group_role (
  role text not null,
  group_role text not null,
  constraint access_token_group_role_pkey PRIMARY KEY (role, group_role)
);

create table access_token_role (
  role text not null,
  token_id uuid not null,
  connection_id uuid not null,
  password_envelope bytea not null,
  secret_key_id text not null,
  created_at timestamp with time zone not null default now(),
  constraint access_token_role_pkey PRIMARY KEY (role)
);

create table access_token_usage (
  token_id uuid not null,
  hour timestamp with time zone not null,
  api text not null,
  requests bigint not null,
  errors bigint not null,
  denials bigint not null,
  constraint access_token_usage_pkey PRIMARY KEY (token_id, hour, api)
);

create table access_token_usage_day (
  token_id uuid not null,
  day timestamp with time zone not null,
  api text not null,
  requests bigint not null,
  errors bigint not null,
  denials bigint not null,
  constraint access_token_usage_day_pkey PRIMARY KEY (token_id, day, api)
);

create table access_token_use (
  token_id uuid not null,
  last_used_at timestamp with time zone not null,
  request_count bigint not null,
  constraint access_token_use_pkey PRIMARY KEY (token_id)
);

create table account (
  id uuid not null,
  name text not null,
  state text not null,
  database text not null,
  owner_role text not null,
  public_role text not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  key_quota integer,
  engine_enabled boolean not null default true,
  master_on_data boolean not null default true,
  requests_per_second integer,
  show_once boolean not null default false,
  constraint account_pkey PRIMARY KEY (id),
  constraint account_database_key UNIQUE (database),
  constraint account_name_key UNIQUE (name),
  constraint account_owner_role_key UNIQUE (owner_role),
  constraint account_public_role_key UNIQUE (public_role),
  constraint account_key_quota_check CHECK ((key_quota >= 0)),
  constraint account_name_check CHECK ((name ~ '^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$'::text)),
  constraint account_requests_per_second_check CHECK (((requests_per_second >= 0) AND (requests_per_second <= 1000000))),
  constraint account_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'active'::text, 'deleting'::text])))
);

create table account_user (
  id uuid not null,
  account_id uuid not null,
  name text not null,
  level text not null,
  password_hash text not null,
  created_at timestamp with time zone not null,
  email text,
  updated_at timestamp with time zone not null,
  constraint account_user_pkey PRIMARY KEY (id),
  constraint account_user_account_id_name_key UNIQUE (account_id, name),
  constraint account_user_level_check CHECK ((level = ANY (ARRAY['owner'::text, 'editor'::text, 'viewer'::text])))
);

create table api_key (
  id uuid not null,
  account_id uuid not null,
  name text not null,
  type text not null,
  state text not null,
  token_index bytea,
  token_envelope bytea,
  secret_key_id text not null,
  role text not null,
  password_envelope bytea not null,
  grants jsonb not null,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  description text,
  expires_at timestamp with time zone,
  index_key_id text,
  constraint api_key_pkey PRIMARY KEY (id),
  constraint api_key_role_key UNIQUE (role),
  constraint api_key_token_index_key UNIQUE (token_index),
  constraint api_key_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'active'::text, 'deleting'::text]))),
  constraint api_key_type_check CHECK ((type = ANY (ARRAY['master'::text, 'default'::text, 'regular'::text])))
);

create table api_key_group_role (
  api_key_id uuid not null,
  role text not null,
  constraint api_key_group_role_pkey PRIMARY KEY (api_key_id, role)
);

create table api_key_usage (
  api_key_id uuid not null,
  hour timestamp with time zone not null,
  api text not null,
  requests bigint not null,
  errors bigint not null,
  denials bigint not null,
  constraint api_key_usage_pkey PRIMARY KEY (api_key_id, hour, api)
);

create table api_key_usage_day (
  api_key_id uuid not null,
  day timestamp with time zone not null,
  api text not null,
  requests bigint not null,
  errors bigint not null,
  denials bigint not null,
  constraint api_key_usage_day_pkey PRIMARY KEY (api_key_id, day, api)
);

create table api_key_use (
  api_key_id uuid not null,
  last_used_at timestamp with time zone not null,
  request_count bigint not null,
  constraint api_key_use_pkey PRIMARY KEY (api_key_id)
);

create table audit_event (
  id uuid not null default gen_random_uuid(),
  at timestamp(3) with time zone not null default clock_timestamp(),
  account_id uuid,
  account_name text,
  actor_kind text not null,
  actor_id uuid,
  actor_name text,
  acting_for text,
  client_network text,
  action text not null,
  target_id text,
  target_name text,
  details jsonb not null default '{}'::jsonb,
  constraint audit_event_pkey PRIMARY KEY (id),
  constraint audit_event_actor_kind_check CHECK ((actor_kind = ANY (ARRAY['user'::text, 'master_key'::text, 'oauth_client'::text, 'operator'::text, 'system'::text, 'nobody'::text])))
);

create table batch_job (
  id uuid not null,
  account_id uuid not null,
  api_key_id uuid,
  credential_issued_at timestamp with time zone not null,
  number bigint not null,
  status text not null,
  end_reason text,
  document_envelope bytea not null,
  secret_key_id text not null,
  node_id uuid,
  cancel_requested_at timestamp with time zone,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  started_at timestamp with time zone,
  ended_at timestamp with time zone,
  access_token_id uuid,
  constraint batch_job_pkey PRIMARY KEY (id),
  constraint batch_job_check CHECK (((status = 'pending'::text) = ((node_id IS NULL) AND (ended_at IS NULL)))),
  constraint batch_job_check1 CHECK (((status = ANY (ARRAY['pending'::text, 'running'::text])) = (ended_at IS NULL))),
  constraint batch_job_check2 CHECK ((num_nonnulls(api_key_id, access_token_id) = 1)),
  constraint batch_job_end_reason_check CHECK ((end_reason = ANY (ARRAY['node_lost'::text, 'credential_ended'::text]))),
  constraint batch_job_status_check CHECK ((status = ANY (ARRAY['pending'::text, 'running'::text, 'done'::text, 'failed'::text, 'cancelled'::text])))
);

create table connection (
  id uuid not null,
  account_id uuid not null,
  name text not null,
  is_default boolean not null default false,
  config jsonb not null default '{}'::jsonb,
  password_envelope bytea,
  secret_key_id text,
  created_at timestamp with time zone not null default now(),
  updated_at timestamp with time zone not null default now(),
  user_id uuid,
  facts jsonb,
  constraint connection_pkey PRIMARY KEY (id),
  constraint connection_account_id_name_key UNIQUE (account_id, name),
  constraint connection_check CHECK (((password_envelope IS NULL) = (secret_key_id IS NULL))),
  constraint connection_registered_check CHECK (((is_default = (password_envelope IS NULL)) AND (is_default = (facts IS NULL))))
);

create table epoch (
  singleton boolean not null default true,
  value bigint not null default 0,
  constraint epoch_pkey PRIMARY KEY (singleton),
  constraint epoch_singleton_check CHECK (singleton)
);

create table group_role (
  role text not null,
  account_id uuid not null,
  kind text not null,
  object_oid oid not null,
  privileges text not null,
  created_at timestamp with time zone not null default now(),
  connection_id uuid,
  constraint group_role_pkey PRIMARY KEY (role),
  constraint group_role_kind_check CHECK ((kind = ANY (ARRAY['table'::text, 'schema_usage'::text, 'schema_create'::text, 'service'::text, 'connect'::text, 'pattern'::text])))
);

create table installation (
  singleton boolean not null default true,
  id text not null,
  created_at timestamp with time zone not null default now(),
  constraint installation_pkey PRIMARY KEY (singleton),
  constraint installation_id_check CHECK ((id ~ '^[a-z0-9]{6}$'::text)),
  constraint installation_singleton_check CHECK (singleton)
);

create table invitation (
  id uuid not null,
  account_id uuid not null,
  invited_by uuid not null,
  email text not null,
  level text not null,
  token_hash bytea not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  constraint invitation_pkey PRIMARY KEY (id),
  constraint invitation_token_hash_key UNIQUE (token_hash),
  constraint invitation_level_check CHECK ((level = ANY (ARRAY['owner'::text, 'editor'::text, 'viewer'::text])))
);

create table migration (
  number integer not null,
  applied_at timestamp with time zone not null default now(),
  constraint migration_pkey PRIMARY KEY (number)
);

create table named_source (
  id uuid not null,
  account_id uuid not null,
  connection_id uuid not null,
  name text not null,
  description text,
  statement text not null,
  fingerprint text not null,
  user_id uuid,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint named_source_pkey PRIMARY KEY (id),
  constraint named_source_account_id_name_key UNIQUE (account_id, name),
  constraint named_source_name_check CHECK ((name ~ '^[a-z0-9][a-z0-9_-]{1,49}[a-z0-9]$'::text))
);

create table node (
  id uuid not null,
  started_at timestamp with time zone not null default now(),
  lease_until timestamp with time zone not null,
  acked_epoch bigint not null,
  constraint node_pkey PRIMARY KEY (id)
);

create table oauth_client (
  id uuid not null,
  account_id uuid not null,
  name text not null,
  kind text not null,
  user_id uuid,
  secret_hash bytea,
  redirect_uris text[] not null,
  scopes text[] not null,
  created_at timestamp with time zone not null,
  constraint oauth_client_pkey PRIMARY KEY (id),
  constraint oauth_client_account_id_name_key UNIQUE (account_id, name),
  constraint oauth_client_check CHECK (((kind = 'm2m'::text) = (user_id IS NOT NULL))),
  constraint oauth_client_check1 CHECK (((kind = 'm2m'::text) = (secret_hash IS NOT NULL))),
  constraint oauth_client_kind_check CHECK ((kind = ANY (ARRAY['m2m'::text, 'public'::text])))
);

create table oauth_grant (
  id uuid not null,
  client_id uuid not null,
  user_id uuid not null,
  scopes text[] not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  constraint oauth_grant_pkey PRIMARY KEY (id)
);

create table oauth_token (
  id uuid not null,
  token_hash bytea not null,
  grant_id uuid not null,
  kind text not null,
  scopes text[] not null,
  redirect_uri text,
  code_challenge text,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone not null,
  used_at timestamp with time zone,
  constraint oauth_token_pkey PRIMARY KEY (id),
  constraint oauth_token_token_hash_key UNIQUE (token_hash),
  constraint oauth_token_check CHECK (((kind = 'code'::text) = ((redirect_uri IS NOT NULL) AND (code_challenge IS NOT NULL)))),
  constraint oauth_token_kind_check CHECK ((kind = ANY (ARRAY['code'::text, 'access'::text, 'refresh'::text])))
);

create table oidc_link (
  user_id uuid not null,
  account_id uuid not null,
  issuer text not null,
  subject text not null,
  created_at timestamp with time zone not null,
  constraint oidc_link_pkey PRIMARY KEY (user_id),
  constraint oidc_link_account_id_issuer_subject_key UNIQUE (account_id, issuer, subject)
);

create table recovery_code (
  user_id uuid not null,
  code_hash bytea not null,
  constraint recovery_code_pkey PRIMARY KEY (user_id, code_hash)
);

create table revocation (
  epoch bigint not null,
  kind text not null,
  account_id uuid,
  credential_id uuid,
  created_at timestamp with time zone not null default now(),
  roles text[] not null default '{}'::text[],
  constraint revocation_pkey PRIMARY KEY (epoch),
  constraint revocation_kind_check CHECK ((kind = ANY (ARRAY['api_key'::text, 'access_token'::text, 'account'::text, 'key_ring'::text, 'regular_keys'::text, 'account_settings'::text, 'public_access'::text, 'session'::text, 'user'::text, 'oauth_client'::text, 'oauth_grant'::text, 'oauth_token'::text])))
);

create table second_factor (
  user_id uuid not null,
  secret_key_id text not null,
  secret_envelope bytea not null,
  created_at timestamp with time zone not null,
  confirmed_at timestamp with time zone,
  last_step bigint not null default 0,
  constraint second_factor_pkey PRIMARY KEY (user_id)
);

create table secret_key (
  id text not null,
  created_at timestamp with time zone not null default now(),
  constraint secret_key_pkey PRIMARY KEY (id)
);

create table sign_in (
  id uuid not null,
  user_id uuid not null,
  token_hash bytea not null,
  created_at timestamp with time zone not null,
  last_seen_at timestamp with time zone not null,
  signed_in_by text not null,
  confirmed_at timestamp with time zone,
  user_agent text,
  network text,
  constraint sign_in_pkey PRIMARY KEY (id),
  constraint sign_in_token_hash_key UNIQUE (token_hash),
  constraint sign_in_signed_in_by_check CHECK ((signed_in_by = ANY (ARRAY['password'::text, 'oidc'::text])))
);

create table sign_in_failure (
  subject bytea not null,
  failures integer not null,
  last_at timestamp with time zone not null,
  blocked_until timestamp with time zone,
  constraint sign_in_failure_pkey PRIMARY KEY (subject)
);

create table tileset_build (
  id uuid not null,
  account_id uuid not null,
  schema_name text not null,
  table_name text not null,
  definition jsonb not null,
  state text not null,
  node_id uuid,
  zoom integer,
  tiles bigint not null default 0,
  share double precision not null default 0,
  error text,
  created_at timestamp with time zone not null,
  updated_at timestamp with time zone not null,
  constraint tileset_build_pkey PRIMARY KEY (id),
  constraint tileset_build_check CHECK (((state = 'running'::text) = (node_id IS NOT NULL))),
  constraint tileset_build_state_check CHECK ((state = ANY (ARRAY['pending'::text, 'running'::text, 'done'::text, 'failed'::text])))
);

alter table access_token add constraint access_token_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table access_token add constraint access_token_index_key_id_fkey FOREIGN KEY (index_key_id) REFERENCES secret_key(id);
alter table access_token add constraint access_token_secret_key_id_fkey FOREIGN KEY (secret_key_id) REFERENCES secret_key(id);
alter table access_token add constraint access_token_user_id_fkey FOREIGN KEY (user_id) REFERENCES account_user(id);
alter table access_token_grant add constraint access_token_grant_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES connection(id);
alter table access_token_grant add constraint access_token_grant_named_source_id_fkey FOREIGN KEY (named_source_id) REFERENCES named_source(id);
alter table access_token_grant add constraint access_token_grant_role_fkey FOREIGN KEY (role) REFERENCES access_token_role(role) ON DELETE CASCADE;
alter table access_token_grant add constraint access_token_grant_token_id_fkey FOREIGN KEY (token_id) REFERENCES access_token(id) ON DELETE CASCADE;
alter table access_token_group_role add constraint access_token_group_role_group_role_fkey FOREIGN KEY (group_role) REFERENCES group_role(role) ON DELETE CASCADE;
alter table access_token_group_role add constraint access_token_group_role_role_fkey FOREIGN KEY (role) REFERENCES access_token_role(role) ON DELETE CASCADE;
alter table access_token_role add constraint access_token_role_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES connection(id);
alter table access_token_role add constraint access_token_role_secret_key_id_fkey FOREIGN KEY (secret_key_id) REFERENCES secret_key(id);
alter table access_token_role add constraint access_token_role_token_id_fkey FOREIGN KEY (token_id) REFERENCES access_token(id) ON DELETE CASCADE;
alter table access_token_usage add constraint access_token_usage_token_id_fkey FOREIGN KEY (token_id) REFERENCES access_token(id) ON DELETE CASCADE;
alter table access_token_usage_day add constraint access_token_usage_day_token_id_fkey FOREIGN KEY (token_id) REFERENCES access_token(id) ON DELETE CASCADE;
alter table access_token_use add constraint access_token_use_token_id_fkey FOREIGN KEY (token_id) REFERENCES access_token(id) ON DELETE CASCADE;
alter table account_user add constraint account_user_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table api_key add constraint api_key_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table api_key add constraint api_key_index_key_id_fkey FOREIGN KEY (index_key_id) REFERENCES secret_key(id);
alter table api_key add constraint api_key_secret_key_id_fkey FOREIGN KEY (secret_key_id) REFERENCES secret_key(id);
alter table api_key_group_role add constraint api_key_group_role_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_key(id) ON DELETE CASCADE;
alter table api_key_group_role add constraint api_key_group_role_role_fkey FOREIGN KEY (role) REFERENCES group_role(role) ON DELETE CASCADE;
alter table api_key_usage add constraint api_key_usage_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_key(id) ON DELETE CASCADE;
alter table api_key_usage_day add constraint api_key_usage_day_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_key(id) ON DELETE CASCADE;
alter table api_key_use add constraint api_key_use_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_key(id) ON DELETE CASCADE;
alter table batch_job add constraint batch_job_access_token_id_fkey FOREIGN KEY (access_token_id) REFERENCES access_token(id) ON DELETE CASCADE;
alter table batch_job add constraint batch_job_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table batch_job add constraint batch_job_api_key_id_fkey FOREIGN KEY (api_key_id) REFERENCES api_key(id) ON DELETE CASCADE;
alter table batch_job add constraint batch_job_secret_key_id_fkey FOREIGN KEY (secret_key_id) REFERENCES secret_key(id);
alter table connection add constraint connection_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table connection add constraint connection_secret_key_id_fkey FOREIGN KEY (secret_key_id) REFERENCES secret_key(id);
alter table connection add constraint connection_user_id_fkey FOREIGN KEY (user_id) REFERENCES account_user(id) ON DELETE SET NULL;
alter table group_role add constraint group_role_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table group_role add constraint group_role_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES connection(id) ON DELETE CASCADE;
alter table invitation add constraint invitation_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table invitation add constraint invitation_invited_by_fkey FOREIGN KEY (invited_by) REFERENCES account_user(id) ON DELETE CASCADE;
alter table named_source add constraint named_source_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table named_source add constraint named_source_connection_id_fkey FOREIGN KEY (connection_id) REFERENCES connection(id);
alter table named_source add constraint named_source_user_id_fkey FOREIGN KEY (user_id) REFERENCES account_user(id) ON DELETE SET NULL;
alter table oauth_client add constraint oauth_client_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table oauth_client add constraint oauth_client_user_id_fkey FOREIGN KEY (user_id) REFERENCES account_user(id) ON DELETE CASCADE;
alter table oauth_grant add constraint oauth_grant_client_id_fkey FOREIGN KEY (client_id) REFERENCES oauth_client(id) ON DELETE CASCADE;
alter table oauth_grant add constraint oauth_grant_user_id_fkey FOREIGN KEY (user_id) REFERENCES account_user(id) ON DELETE CASCADE;
alter table oauth_token add constraint oauth_token_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES oauth_grant(id) ON DELETE CASCADE;
alter table oidc_link add constraint oidc_link_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;
alter table oidc_link add constraint oidc_link_user_id_fkey FOREIGN KEY (user_id) REFERENCES account_user(id) ON DELETE CASCADE;
alter table recovery_code add constraint recovery_code_user_id_fkey FOREIGN KEY (user_id) REFERENCES second_factor(user_id) ON DELETE CASCADE;
alter table second_factor add constraint second_factor_secret_key_id_fkey FOREIGN KEY (secret_key_id) REFERENCES secret_key(id);
alter table second_factor add constraint second_factor_user_id_fkey FOREIGN KEY (user_id) REFERENCES account_user(id) ON DELETE CASCADE;
alter table sign_in add constraint sign_in_user_id_fkey FOREIGN KEY (user_id) REFERENCES account_user(id) ON DELETE CASCADE;
alter table tileset_build add constraint tileset_build_account_id_fkey FOREIGN KEY (account_id) REFERENCES account(id) ON DELETE CASCADE;

CREATE INDEX access_token_account ON public.access_token USING btree (account_id);
CREATE INDEX access_token_grant_connection ON public.access_token_grant USING btree (connection_id);
CREATE INDEX access_token_grant_named_source ON public.access_token_grant USING btree (named_source_id) WHERE (named_source_id IS NOT NULL);
CREATE INDEX access_token_grant_role ON public.access_token_grant USING btree (role);
CREATE INDEX access_token_group_role_group ON public.access_token_group_role USING btree (group_role);
CREATE INDEX access_token_index_key ON public.access_token USING btree (index_key_id) WHERE (index_key_id IS NOT NULL);
CREATE UNIQUE INDEX access_token_name ON public.access_token USING btree (user_id, name) WHERE (state <> 'deleting'::text);
CREATE INDEX access_token_role_connection ON public.access_token_role USING btree (connection_id);
CREATE INDEX access_token_role_token ON public.access_token_role USING btree (token_id);
CREATE INDEX access_token_usage_day_day ON public.access_token_usage_day USING btree (day);
CREATE INDEX access_token_usage_hour ON public.access_token_usage USING btree (hour);
CREATE UNIQUE INDEX account_user_email ON public.account_user USING btree (account_id, lower(email));
CREATE UNIQUE INDEX account_user_name ON public.account_user USING btree (account_id, lower(name));
CREATE UNIQUE INDEX api_key_builtin ON public.api_key USING btree (account_id, type) WHERE (type <> 'regular'::text);
CREATE INDEX api_key_group_role_role ON public.api_key_group_role USING btree (role);
CREATE INDEX api_key_index_key ON public.api_key USING btree (index_key_id) WHERE (index_key_id IS NOT NULL);
CREATE UNIQUE INDEX api_key_name ON public.api_key USING btree (account_id, name) WHERE (state <> 'deleting'::text);
CREATE INDEX api_key_usage_day_day ON public.api_key_usage_day USING btree (day);
CREATE INDEX api_key_usage_hour ON public.api_key_usage USING btree (hour);
CREATE INDEX audit_event_account ON public.audit_event USING btree (account_id, at DESC, id DESC);
CREATE INDEX audit_event_at ON public.audit_event USING btree (at);
CREATE INDEX batch_job_access_token ON public.batch_job USING btree (access_token_id) WHERE (access_token_id IS NOT NULL);
CREATE UNIQUE INDEX batch_job_account ON public.batch_job USING btree (account_id, number);
CREATE INDEX batch_job_api_key ON public.batch_job USING btree (api_key_id);
CREATE INDEX batch_job_ended ON public.batch_job USING btree (ended_at) WHERE (ended_at IS NOT NULL);
CREATE INDEX batch_job_pending ON public.batch_job USING btree (account_id, number) WHERE (status = 'pending'::text);
CREATE UNIQUE INDEX batch_job_running ON public.batch_job USING btree (account_id) WHERE (status = 'running'::text);
CREATE UNIQUE INDEX connection_default ON public.connection USING btree (account_id) WHERE is_default;
CREATE INDEX group_role_account ON public.group_role USING btree (account_id);
CREATE UNIQUE INDEX group_role_connect ON public.group_role USING btree (account_id) WHERE ((kind = 'connect'::text) AND (connection_id IS NULL));
CREATE UNIQUE INDEX group_role_connect_registered ON public.group_role USING btree (connection_id) WHERE ((kind = 'connect'::text) AND (connection_id IS NOT NULL));
CREATE UNIQUE INDEX group_role_pattern ON public.group_role USING btree (account_id, object_oid, privileges) WHERE ((kind = 'pattern'::text) AND (connection_id IS NULL));
CREATE UNIQUE INDEX group_role_pattern_registered ON public.group_role USING btree (connection_id, object_oid, privileges) WHERE ((kind = 'pattern'::text) AND (connection_id IS NOT NULL));
CREATE UNIQUE INDEX group_role_service ON public.group_role USING btree (account_id, privileges) WHERE (kind = 'service'::text);
CREATE UNIQUE INDEX invitation_email ON public.invitation USING btree (account_id, lower(email));
CREATE INDEX invitation_invited_by ON public.invitation USING btree (invited_by);
CREATE INDEX named_source_connection ON public.named_source USING btree (connection_id);
CREATE INDEX oauth_client_user ON public.oauth_client USING btree (user_id);
CREATE INDEX oauth_grant_client ON public.oauth_grant USING btree (client_id);
CREATE INDEX oauth_grant_expiry ON public.oauth_grant USING btree (expires_at);
CREATE INDEX oauth_grant_user ON public.oauth_grant USING btree (user_id);
CREATE INDEX oauth_token_expiry ON public.oauth_token USING btree (expires_at);
CREATE INDEX oauth_token_grant ON public.oauth_token USING btree (grant_id);
CREATE INDEX sign_in_failure_last ON public.sign_in_failure USING btree (last_at);
CREATE INDEX sign_in_last_seen ON public.sign_in USING btree (last_seen_at);
CREATE INDEX sign_in_user ON public.sign_in USING btree (user_id);
CREATE UNIQUE INDEX tileset_build_open ON public.tileset_build USING btree (account_id, schema_name, table_name) WHERE (state = ANY (ARRAY['pending'::text, 'running'::text]));
CREATE INDEX tileset_build_waiting ON public.tileset_build USING btree (created_at) WHERE (state = ANY (ARRAY['pending'::text, 'running'::text]));

CREATE OR REPLACE FUNCTION public.keep_audit_events()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'DELETE' then
    if old.at < clock_timestamp() - interval '365 days' then
      return old;
    end if;
  end if;
  raise exception 'Events of the audit log are neither changed nor deleted within a year.';
end
$function$;

CREATE TRIGGER audit_event_is_kept BEFORE DELETE OR UPDATE ON audit_event FOR EACH ROW EXECUTE FUNCTION keep_audit_events();

CREATE TRIGGER audit_event_is_not_emptied BEFORE TRUNCATE ON audit_event FOR EACH STATEMENT EXECUTE FUNCTION keep_audit_events();
