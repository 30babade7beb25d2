/** A role to log in as, and where: the database, and the server where that is not our own. */
export type RoleSession = {
  readonly database: string
  readonly role: string
  /** The id of the connection whose server it is on; absent: the installation's own. */
  readonly server?: string
}

/** What one grant of an access token opens, and the role that holds just that. */
export type SourceGrant = {
  readonly connectionId: string
  readonly connectionName: string
  readonly session: RoleSession
} & (
  | { readonly kind: 'all' }
  /** Relations of a schema whose names begin so. */
  | { readonly kind: 'wildcard'; readonly schema: string; readonly prefix: string }
  /** A table, a view or a tileset. */
  | { readonly kind: 'table'; readonly schema: string; readonly name: string }
  /** One statement, whatever its parameters are bound to. */
  | {
      readonly kind: 'query'
      readonly fingerprint: string
      /** What runs, whoever's spelling of it was sent. */
      readonly statement: string
      /** By which it can be asked for, when it was granted as a named source. */
      readonly name?: string
    }
)
