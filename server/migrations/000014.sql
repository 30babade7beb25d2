-- Grants of a named source run what it says, and follow it when it is edited or deleted.

alter table access_token_grant
  add column named_source_id uuid references named_source (id);
create index access_token_grant_named_source on access_token_grant (named_source_id)
  where named_source_id is not null;
alter table access_token_grant add constraint access_token_grant_named_check
  check (named_source_id is null or kind = 'query');
