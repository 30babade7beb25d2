-- What an operator may set for one account.
alter table account
  -- The most regular keys it may have; null for any number.
  add column key_quota integer check (key_quota >= 0),
  -- Off: the Auth API is not there, and regular keys open nothing.
  add column engine_enabled boolean not null default true,
  -- Off: the master key manages keys, and opens neither SQL nor Maps.
  add column master_on_data boolean not null default true;

-- regular_keys: all regular keys of an account stop opening anything. account_settings: nothing
-- ends, but what is remembered of the account is to be read again.
alter table revocation drop constraint revocation_kind_check;
alter table revocation add constraint revocation_kind_check
  check (kind in ('api_key', 'account', 'key_ring', 'regular_keys', 'account_settings'));

alter table api_key
  -- The owner's own words about the key.
  add column description text,
  -- From then on the key opens nothing; null for never.
  add column expires_at timestamptz;
