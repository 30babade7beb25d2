import { answeredSoon, type Queryable } from './database.ts'
import { type UsageGranularity, usageTable } from './usage.ts'

/** What stands for all access tokens that are other users': how much those are used, not which. */
export const otherTokens = 'other_tokens'

export type ActivityCounts = {
  readonly requests: number
  readonly errors: number
  readonly denials: number
}

/** Counts of one hour or day of UTC, from `at` on. */
export type ActivityPeriod = ActivityCounts & { readonly at: Date }

/** One row of what was counted, in one of three cuts. */
type Row = ActivityPeriod & {
  readonly cut: 'period' | 'api' | 'credential'
  /** The API, or the id of the credential; null for the credentials that are not told apart. */
  readonly of: string | null
}

export type Activity = {
  readonly periods: readonly ActivityPeriod[]
  readonly apis: ReadonlyMap<string, readonly ActivityPeriod[]>
  /** The busiest credentials; those beyond them together under null. */
  readonly credentials: ReadonlyMap<string | null, readonly ActivityPeriod[]>
}

export type ActivityQuery = {
  readonly accountId: string
  /** Whose own access tokens are told apart. */
  readonly userId: string
  readonly granularity: UsageGranularity
  readonly from: Date
  readonly to: Date
  /** Only this credential, for periods and APIs. */
  readonly credential?: string
  /** Only this API, for periods and credentials. */
  readonly api?: string
  readonly maxCredentials: number
}

/**
 * How much an account's credentials were used: in all, by API and by credential. Periods without
 * requests are not in it.
 */
export async function findActivity(store: Queryable, query: ActivityQuery): Promise<Activity> {
  const { accountId, userId, granularity, from, to, credential, api, maxCredentials } = query
  const { table: ofKeys, at } = usageTable('api_key', granularity)
  const { table: ofTokens } = usageTable('access_token', granularity)
  const { rows } = await store.query<Row>(
    answeredSoon({
      text: `with used as materialized (
               select k.id::text as id, u.${at} as at, u.api, u.requests::float8 as requests,
                 u.errors::float8 as errors, u.denials::float8 as denials
               from api_key k join ${ofKeys} u on u.api_key_id = k.id
               where k.account_id = $1 and u.${at} >= $3 and u.${at} < $4
               union all
               select case when t.user_id = $2 then t.id::text else '${otherTokens}' end,
                 u.${at}, u.api, u.requests::float8, u.errors::float8, u.denials::float8
               from access_token t join ${ofTokens} u on u.token_id = t.id
               where t.account_id = $1 and u.${at} >= $3 and u.${at} < $4
             ),
             busiest as (
               select id from used where $6::text is null or api = $6
               group by id order by sum(requests) desc, id limit $7
             )
             select 'period' as cut, null as of, at, sum(requests) as requests,
               sum(errors) as errors, sum(denials) as denials
             from used where ($5::text is null or id = $5) and ($6::text is null or api = $6)
             group by at
             union all
             select 'api', api, at, sum(requests), sum(errors), sum(denials)
             from used where $5::text is null or id = $5
             group by api, at
             union all
             select 'credential', busiest.id, at, sum(requests), sum(errors), sum(denials)
             from used left join busiest using (id) where $6::text is null or api = $6
             group by busiest.id, at
             order by at`,
      values: [accountId, userId, from, to, credential ?? null, api ?? null, maxCredentials],
    }),
  )
  const cut = (name: Row['cut']) => rows.filter((row) => row.cut === name)
  return {
    periods: cut('period'),
    apis: groupBy(cut('api'), (row) => row.of ?? ''),
    credentials: groupBy(cut('credential'), (row) => row.of),
  }
}

function groupBy<K>(rows: readonly Row[], keyOf: (row: Row) => K): Map<K, Row[]> {
  const groups = new Map<K, Row[]>()
  for (const row of rows) {
    const group = groups.get(keyOf(row))
    if (group === undefined) groups.set(keyOf(row), [row])
    else group.push(row)
  }
  return groups
}

/** A credential as a list of what was used shows it. */
export type NamedCredential = {
  readonly id: string
  readonly kind: 'api_key' | 'access_token'
  readonly name: string
  /** Of an API key. */
  readonly type: 'master' | 'default' | 'regular' | null
  readonly lastUsedAt: Date | null
}

/** The names of an account's credentials; those of other users' access tokens are not told. */
export async function listNamedCredentials(
  store: Queryable,
  { accountId, userId }: Pick<ActivityQuery, 'accountId' | 'userId'>,
  ids: readonly string[],
): Promise<NamedCredential[]> {
  const { rows } = await store.query<NamedCredential>(
    `select k.id, 'api_key' as kind, k.name, k.type, use.last_used_at as "lastUsedAt"
     from api_key k left join api_key_use use on use.api_key_id = k.id
     where k.account_id = $1 and k.id = any ($3::uuid[])
     union all
     select t.id, 'access_token', t.name, null, use.last_used_at
     from access_token t left join access_token_use use on use.token_id = t.id
     where t.account_id = $1 and t.user_id = $2 and t.id = any ($3::uuid[])`,
    [accountId, userId, ids],
  )
  return rows
}
