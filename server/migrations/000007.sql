alter table account
  -- Requests per second of one key in one group of endpoints, on one server; 0 for no limits, null for
  -- what the server is set to.
  add column requests_per_second integer check (requests_per_second between 0 and 1000000);
