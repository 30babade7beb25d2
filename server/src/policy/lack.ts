import type { TablePrivilege } from './requirement.ts'

/** What a credential would have to have, and does not, for a request to be allowed. */
export type Lack =
  | {
      readonly what: 'table'
      readonly schema: string
      readonly table: string
      readonly verbs: readonly Exclude<TablePrivilege, 'ownership'>[]
    }
  /** Only whoever made a table, or the master key, changes the table itself. */
  | { readonly what: 'ownership'; readonly schema: string; readonly table: string }
  /** There is none, or it is not for the account to know. */
  | { readonly what: 'existence'; readonly schema: string | null; readonly table: string }
  | { readonly what: 'schema'; readonly schema: string; readonly verbs: readonly ['create'] }
  | { readonly what: 'temporary_tables' }
  | { readonly what: 'function'; readonly function: string }
  /** A query that only a grant of just this query opens. */
  | { readonly what: 'query'; readonly query: string }
  | { readonly what: 'connection'; readonly connection: string }
  | { readonly what: 'api'; readonly api: string }
  /** Null: the request says no site, or two. */
  | { readonly what: 'referer'; readonly referer: string | null }
  /** It has expired, at this time. */
  | { readonly what: 'validity'; readonly expiredAt: Date }
  /** The account's engine is off: its regular keys open nothing. */
  | { readonly what: 'engine' }
  /** The account keeps the master key from data. */
  | { readonly what: 'master_on_data' }
  /** Only the master key may send this. */
  | { readonly what: 'master_key' }
