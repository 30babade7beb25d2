import type { Api } from '../credential/principal.ts'

/** What may be done to a table. */
export type Verb = 'delete' | 'insert' | 'select' | 'update'

export type TableGrant = {
  readonly schema: string
  readonly name: string
  /** Each verb once, in alphabetical order. Empty: the schema may be used, the table may not. */
  readonly permissions: readonly Verb[]
}

export type SchemaGrant = {
  readonly name: string
  readonly permissions: readonly 'create'[]
}

/** What an API key is asked to open, as its creator wrote it: names, not yet objects. */
export type Grants = {
  /** In the order of the request, which is the order in which they are shown again. */
  readonly apis: readonly Api[]
  /** One entry per schema and name. */
  readonly tables: readonly TableGrant[]
  /** One entry per name. */
  readonly schemas: readonly SchemaGrant[]
  /** Whether the key may list what tables exist. */
  readonly tableMetadata: boolean
  readonly services: readonly string[]
  readonly userData: readonly string[]
  readonly datasets: readonly string[]
}

/** True when some grant lets the key change data or create tables. */
export function grantsMayWrite(grants: Grants): boolean {
  return (
    grants.tables.some((table) => table.permissions.some((verb) => verb !== 'select')) ||
    grants.schemas.some((schema) => schema.permissions.length > 0)
  )
}
