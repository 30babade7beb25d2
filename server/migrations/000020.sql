-- What was counted, by day as well: to show 90 days of many credentials, hours are too many rows.

create table api_key_usage_day (
  api_key_id uuid not null references api_key on delete cascade,
  -- The beginning of a day of UTC.
  day timestamptz not null,
  api text not null,
  requests bigint not null,
  errors bigint not null,
  denials bigint not null,
  primary key (api_key_id, day, api)
);

-- Old days are cleared away by when they were.
create index api_key_usage_day_day on api_key_usage_day (day);

create table access_token_usage_day (
  token_id uuid not null references access_token on delete cascade,
  day timestamptz not null,
  api text not null,
  requests bigint not null,
  errors bigint not null,
  denials bigint not null,
  primary key (token_id, day, api)
);

create index access_token_usage_day_day on access_token_usage_day (day);

insert into api_key_usage_day
select api_key_id, date_trunc('day', hour, 'UTC'), api, sum(requests), sum(errors), sum(denials)
from api_key_usage group by 1, 2, 3;

insert into access_token_usage_day
select token_id, date_trunc('day', hour, 'UTC'), api, sum(requests), sum(errors), sum(denials)
from access_token_usage group by 1, 2, 3;
