-- Accounts may have their tokens shown once: then no envelope is kept. Such a token cannot be indexed
-- anew when the key-ring key is rotated, so its row says which key it is found by.

alter table account add column show_once boolean not null default false;

-- Null where it is secret_key_id.
alter table api_key add column index_key_id text references secret_key (id);
create index api_key_index_key on api_key (index_key_id) where index_key_id is not null;
alter table access_token add column index_key_id text references secret_key (id);
create index access_token_index_key on access_token (index_key_id) where index_key_id is not null;
