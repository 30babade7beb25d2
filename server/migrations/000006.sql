-- What the public role of an account may read became less: answers under every key but the master
-- key, each of which has what the public role has, may hold what is no longer to be read.
alter table revocation drop constraint revocation_kind_check;
alter table revocation add constraint revocation_kind_check
  check (kind in
    ('api_key', 'account', 'key_ring', 'regular_keys', 'account_settings', 'public_access'));
