import type { Queryable } from './database.ts'

/** Requests of one key to one API within one hour, as far as they have not been counted before. */
export type UsageIncrement = {
  readonly apiKeyId: string
  /** The beginning of the hour. */
  readonly hour: Date
  readonly api: string
  readonly requests: number
  readonly errors: number
  readonly denials: number
  readonly lastUsedAt: Date
}

export type ApiKeyUse = { readonly lastUsedAt: Date; readonly requestCount: number }

/**
 * Adds what several nodes have counted. Keys that are gone are left out. Rows are taken in one order,
 * so that nodes that write at once wait for each other and never in a circle.
 */
export async function addUsage(
  store: Queryable,
  increments: readonly UsageIncrement[],
): Promise<void> {
  const column = <K extends keyof UsageIncrement>(name: K) => increments.map((each) => each[name])
  await store.query(
    `with counted as (
       select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::bigint[], $5::bigint[],
           $6::bigint[], $7::timestamptz[])
         as given (api_key_id, hour, api, requests, errors, denials, last_used_at)
     ),
     held as materialized (
       select id from api_key where id in (select api_key_id from counted) order by id
       for key share
     ),
     by_hour as (
       insert into api_key_usage as usage (api_key_id, hour, api, requests, errors, denials)
       select api_key_id, hour, api, requests, errors, denials
       from counted join held on held.id = api_key_id
       order by api_key_id, hour, api
       on conflict (api_key_id, hour, api) do update
       set requests = usage.requests + excluded.requests, errors = usage.errors + excluded.errors,
         denials = usage.denials + excluded.denials
     )
     insert into api_key_use as use (api_key_id, last_used_at, request_count)
     select api_key_id, max(last_used_at), sum(requests)
     from counted join held on held.id = api_key_id
     group by api_key_id order by api_key_id
     on conflict (api_key_id) do update
     set last_used_at = greatest(use.last_used_at, excluded.last_used_at),
       request_count = use.request_count + excluded.request_count`,
    [
      column('apiKeyId'),
      column('hour'),
      column('api'),
      column('requests'),
      column('errors'),
      column('denials'),
      column('lastUsedAt'),
    ],
  )
}

/** When keys were last used, and how often in all; those that never were are not in it. */
export async function listApiKeyUses(
  store: Queryable,
  apiKeyIds: readonly string[],
): Promise<Map<string, ApiKeyUse>> {
  const { rows } = await store.query<ApiKeyUse & { apiKeyId: string }>(
    `select api_key_id as "apiKeyId", last_used_at as "lastUsedAt",
       request_count::float8 as "requestCount"
     from api_key_use where api_key_id = any ($1::uuid[])`,
    [apiKeyIds],
  )
  return new Map(rows.map(({ apiKeyId, ...use }) => [apiKeyId, use]))
}

export type UsageGranularity = 'hour' | 'day'

/** Requests to one API within one hour or one day of UTC, from `at` on. */
export type UsagePeriod = {
  readonly at: Date
  readonly api: string
  readonly requests: number
  readonly errors: number
  readonly denials: number
}

/** The usage of a key from `from` to before `to`, oldest first. Periods without any are not in it. */
export async function listUsage(
  store: Queryable,
  options: {
    readonly apiKeyId: string
    readonly granularity: UsageGranularity
    readonly from: Date
    readonly to: Date
  },
): Promise<UsagePeriod[]> {
  const { rows } = await store.query<UsagePeriod>(
    `select date_trunc($2::text, hour, 'UTC') as at, api, sum(requests)::float8 as requests,
       sum(errors)::float8 as errors, sum(denials)::float8 as denials
     from api_key_usage
     where api_key_id = $1 and hour >= $3::timestamptz and hour < $4::timestamptz
     group by 1, 2 order by 1, 2`,
    [options.apiKeyId, options.granularity, options.from, options.to],
  )
  return rows
}

/** Forgets what was counted in hours before `before`. */
export async function deleteUsageBefore(store: Queryable, before: Date): Promise<void> {
  await store.query('delete from api_key_usage where hour < $1::timestamptz', [before])
}
