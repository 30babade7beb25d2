import type { Queryable } from './database.ts'

/** Requests of one credential to one API within one hour, as far as they have not been counted before. */
export type UsageIncrement = {
  readonly credentialId: string
  /** The beginning of the hour. */
  readonly hour: Date
  readonly api: string
  readonly requests: number
  readonly errors: number
  readonly denials: number
  readonly lastUsedAt: Date
}

export type CredentialUse = { readonly lastUsedAt: Date; readonly requestCount: number }

/** Where the use of a kind of credential is kept. */
const subjects = {
  api_key: { table: 'api_key', id: 'api_key_id' },
  access_token: { table: 'access_token', id: 'token_id' },
} as const

export type UsageSubject = keyof typeof subjects

/**
 * Adds what several nodes have counted. Credentials that are gone are left out. Rows are taken in one
 * order, so that nodes that write at once wait for each other and never in a circle.
 */
export async function addUsage(
  store: Queryable,
  increments: readonly UsageIncrement[],
): Promise<void> {
  const column = <K extends keyof UsageIncrement>(name: K) => increments.map((each) => each[name])
  const values = [
    column('credentialId'),
    column('hour'),
    column('api'),
    column('requests'),
    column('errors'),
    column('denials'),
    column('lastUsedAt'),
  ]
  for (const subject of Object.values(subjects)) await store.query(addition(subject), values)
}

/** What is no credential of this kind is passed over. */
function addition({ table, id }: (typeof subjects)[UsageSubject]): string {
  return `with counted as (
       select * from unnest($1::uuid[], $2::timestamptz[], $3::text[], $4::bigint[], $5::bigint[],
           $6::bigint[], $7::timestamptz[])
         as given (${id}, hour, api, requests, errors, denials, last_used_at)
     ),
     held as materialized (
       select id from ${table} where id in (select ${id} from counted) order by id
       for key share
     ),
     by_day as (
       insert into ${table}_usage_day as usage (${id}, day, api, requests, errors, denials)
       select ${id}, date_trunc('day', hour, 'UTC') as day, api, sum(requests), sum(errors),
         sum(denials)
       from counted join held on held.id = ${id}
       group by ${id}, day, api order by ${id}, day, api
       on conflict (${id}, day, api) do update
       set requests = usage.requests + excluded.requests, errors = usage.errors + excluded.errors,
         denials = usage.denials + excluded.denials
     ),
     by_hour as (
       insert into ${table}_usage as usage (${id}, hour, api, requests, errors, denials)
       select ${id}, hour, api, requests, errors, denials
       from counted join held on held.id = ${id}
       order by ${id}, hour, api
       on conflict (${id}, hour, api) do update
       set requests = usage.requests + excluded.requests, errors = usage.errors + excluded.errors,
         denials = usage.denials + excluded.denials
     )
     insert into ${table}_use as use (${id}, last_used_at, request_count)
     select ${id}, max(last_used_at), sum(requests)
     from counted join held on held.id = ${id}
     group by ${id} order by ${id}
     on conflict (${id}) do update
     set last_used_at = greatest(use.last_used_at, excluded.last_used_at),
       request_count = use.request_count + excluded.request_count`
}

/** When credentials were last used, and how often in all; those that never were are not in it. */
export async function listUses(
  store: Queryable,
  subject: UsageSubject,
  ids: readonly string[],
): Promise<Map<string, CredentialUse>> {
  const { table, id } = subjects[subject]
  const { rows } = await store.query<CredentialUse & { id: string }>(
    `select ${id} as id, last_used_at as "lastUsedAt", request_count::float8 as "requestCount"
     from ${table}_use where ${id} = any ($1::uuid[])`,
    [ids],
  )
  return new Map(rows.map(({ id: credentialId, ...use }) => [credentialId, use]))
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

/** The usage of a credential from `from` to before `to`, oldest first. Periods without any are not in it. */
export async function listUsage(
  store: Queryable,
  options: {
    readonly subject: UsageSubject
    readonly id: string
    readonly granularity: UsageGranularity
    readonly from: Date
    readonly to: Date
  },
): Promise<UsagePeriod[]> {
  const { id } = subjects[options.subject]
  const { table, at } = usageTable(options.subject, options.granularity)
  const { rows } = await store.query<UsagePeriod>(
    `select ${at} as at, api, requests::float8 as requests, errors::float8 as errors,
       denials::float8 as denials
     from ${table}
     where ${id} = $1 and ${at} >= $2::timestamptz and ${at} < $3::timestamptz
     order by 1, 2`,
    [options.id, options.from, options.to],
  )
  return rows
}

/** Where usage is counted by the hour or by the day of UTC, and the column that says which. */
export function usageTable(
  subject: UsageSubject,
  granularity: UsageGranularity,
): { readonly table: string; readonly at: 'hour' | 'day' } {
  const { table } = subjects[subject]
  return { table: granularity === 'day' ? `${table}_usage_day` : `${table}_usage`, at: granularity }
}

/** Forgets what was counted in hours and days that began before `before`. */
export async function deleteUsageBefore(store: Queryable, before: Date): Promise<void> {
  for (const { table } of Object.values(subjects)) {
    await store.query(`delete from ${table}_usage where hour < $1::timestamptz`, [before])
    await store.query(`delete from ${table}_usage_day where day < $1::timestamptz`, [before])
  }
}
