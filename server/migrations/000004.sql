-- Group roles of data services: one per account and service, which so far open nothing. They stand
-- for no object; `privileges` names the service.
alter table group_role drop constraint group_role_kind_check;
alter table group_role add constraint group_role_kind_check
  check (kind in ('table', 'schema_usage', 'schema_create', 'service'));
create unique index group_role_service on group_role (account_id, privileges)
  where kind = 'service';
