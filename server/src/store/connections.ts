import { answeredSoon, type Queryable } from './database.ts'

/**
 * How a log-in is encrypted: not at all; without asking who is there; by a certificate of the
 * authority; by one that also names the host.
 */
export const tlsModes = ['disable', 'require', 'verify-ca', 'verify-full'] as const
export type TlsMode = (typeof tlsModes)[number]

/** A PostGIS server that an account's owner has registered. */
export type RegisteredServer = {
  readonly host: string
  readonly port: number
  readonly database: string
  /** The role that Postern makes others with. */
  readonly user: string
  readonly tls: TlsMode
  /** Certificates of authorities, as PEM; absent: those that Node.js comes with. */
  readonly ca?: string
}

/** Which server it is, and what it offers. */
export type ServerFacts = {
  /** What PostgreSQL calls the cluster itself, whatever address it is reached at. */
  readonly systemIdentifier: string
  readonly serverVersionNum: number
  readonly postgisVersion: string
  readonly postgisSchema: string
}

/** A named way to an account's data, without secrets. */
export type Connection = {
  readonly id: string
  readonly accountId: string
  readonly name: string
  /** Who registered it; null for the account's own database, and when they have gone. */
  readonly userId: string | null
  /** True of the account's own database. */
  readonly isDefault: boolean
  /** Null for the account's own database, which is on the installation's server. */
  readonly server: RegisteredServer | null
  readonly facts: ServerFacts | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** A connection to a registered server. */
export type RegisteredConnection = Connection & {
  readonly isDefault: false
  readonly server: RegisteredServer
  readonly facts: ServerFacts
}

export type ConnectionSecret = {
  readonly secretKeyId: string
  readonly passwordEnvelope: Buffer
}

const columns = `id, account_id as "accountId", name, user_id as "userId", is_default as "isDefault",
  case when is_default then null else config end as server, facts,
  created_at as "createdAt", updated_at as "updatedAt"`

const secretColumns = `secret_key_id as "secretKeyId", password_envelope as "passwordEnvelope"`

export function isRegistered(connection: Connection): connection is RegisteredConnection {
  return !connection.isDefault
}

/** Throws a unique violation (23505) when the account has a connection of this name. */
export async function insertConnection(
  store: Queryable,
  connection: RegisteredConnection,
  secret: ConnectionSecret,
): Promise<void> {
  await store.query(
    `insert into connection (id, account_id, name, user_id, config, facts, created_at, updated_at,
       secret_key_id, password_envelope)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      connection.id,
      connection.accountId,
      connection.name,
      connection.userId,
      JSON.stringify(connection.server),
      JSON.stringify(connection.facts),
      connection.createdAt,
      connection.updatedAt,
      secret.secretKeyId,
      secret.passwordEnvelope,
    ],
  )
}

/** A connection of this account, by its name or its id. */
export async function findConnection(
  store: Queryable,
  accountId: string,
  nameOrId: string,
): Promise<Connection | undefined> {
  const { rows } = await store.query<Connection>(
    `select ${columns} from connection where account_id = $1 and (name = $2 or id::text = $2)`,
    [accountId, nameOrId],
  )
  return rows[0]
}

/** A connection of this account by its name alone. */
export async function findConnectionByName(
  store: Queryable,
  accountId: string,
  name: string,
): Promise<Connection | undefined> {
  const { rows } = await store.query<Connection>(
    `select ${columns} from connection where account_id = $1 and name = $2`,
    [accountId, name],
  )
  return rows[0]
}

/** A registered server by its connection's id, with the sealed password. */
export async function findRegisteredConnection(
  store: Queryable,
  id: string,
): Promise<(RegisteredConnection & ConnectionSecret) | undefined> {
  const { rows } = await store.query<RegisteredConnection & ConnectionSecret>(
    answeredSoon({
      name: 'find-registered-connection',
      text: `select ${columns}, ${secretColumns} from connection where id = $1 and not is_default`,
      values: [id],
    }),
  )
  return rows[0]
}

/** The connections of an account: its own database first, then by name. */
export async function listConnections(store: Queryable, accountId: string): Promise<Connection[]> {
  const { rows } = await store.query<Connection>(
    `select ${columns} from connection where account_id = $1 order by is_default desc, name`,
    [accountId],
  )
  return rows
}

/** Every registered server of every account, with the account's name. */
export async function listRegisteredConnections(
  store: Queryable,
): Promise<(RegisteredConnection & { readonly accountName: string })[]> {
  const { rows } = await store.query<RegisteredConnection & { accountName: string }>(
    `select ${columns}, (select a.name from account a where a.id = account_id) as "accountName"
     from connection where not is_default order by id`,
  )
  return rows
}

/** The LOGIN roles by which active access tokens read on a registered server. */
export async function listTokenRolesOn(store: Queryable, id: string): Promise<string[]> {
  const { rows } = await store.query<{ role: string }>(
    `select distinct r.role from access_token_role r
     join access_token t on t.id = r.token_id
     join access_token_grant g on g.role = r.role
     where r.connection_id = $1 and t.state = 'active' order by r.role`,
    [id],
  )
  return rows.map((row) => row.role)
}

/** Every role that was made on a registered server: those that log in first, then group roles. */
export async function listRolesOn(store: Queryable, id: string): Promise<string[]> {
  const { rows } = await store.query<{ role: string }>(
    `select role from (
       select 1 as turn, role from access_token_role where connection_id = $1
       union all select 2, role from group_role where connection_id = $1
     ) as made order by turn, role`,
    [id],
  )
  return rows.map((row) => row.role)
}

/**
 * Changes what may be changed. Throws a unique violation (23505) when the account has another
 * connection of this name; false when it is gone, or is no longer what was read.
 */
export async function updateConnection(
  transaction: Queryable,
  read: Pick<RegisteredConnection, 'updatedAt'> & ConnectionSecret,
  connection: RegisteredConnection,
  secret: ConnectionSecret,
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `update connection set name = $2, config = $3, facts = $4, updated_at = $5,
       secret_key_id = $6, password_envelope = $7
     where id = $1 and not is_default and updated_at = $8 and password_envelope = $9`,
    [
      connection.id,
      connection.name,
      JSON.stringify(connection.server),
      JSON.stringify(connection.facts),
      connection.updatedAt,
      secret.secretKeyId,
      secret.passwordEnvelope,
      read.updatedAt,
      read.passwordEnvelope,
    ],
  )
  return rowCount === 1
}

/** Holds the row until the transaction ends; false when it is gone. */
export async function lockConnection(transaction: Queryable, id: string): Promise<boolean> {
  const { rowCount } = await transaction.query('select from connection where id = $1 for update', [
    id,
  ])
  return rowCount === 1
}

/** What names a connection: access tokens, and named sources. */
export async function countConnectionUses(
  store: Queryable,
  id: string,
): Promise<{ tokens: number; namedSources: number }> {
  const { rows } = await store.query<{ tokens: number; namedSources: number }>(
    `select
       (select count(distinct token_id) from (
          select token_id from access_token_grant where connection_id = $1
          union all select token_id from access_token_role where connection_id = $1
        ) as held)::float8 as tokens,
       (select count(*) from named_source where connection_id = $1)::float8 as "namedSources"`,
    [id],
  )
  return rows[0] ?? { tokens: 0, namedSources: 0 }
}

/** Throws a foreign key violation (23503) while something names it. */
export async function deleteConnectionRow(store: Queryable, id: string): Promise<void> {
  await store.query('delete from connection where id = $1 and not is_default', [id])
}

/** Up to `limit` connections whose password was sealed with another key than this one. */
export async function listConnectionsSealedOtherwise(
  store: Queryable,
  secretKeyId: string,
  limit: number,
): Promise<({ id: string } & ConnectionSecret)[]> {
  const { rows } = await store.query<{ id: string } & ConnectionSecret>(
    `select id, ${secretColumns} from connection where secret_key_id <> $1 order by id limit $2`,
    [secretKeyId, limit],
  )
  return rows
}

/** False when the password is no longer what was read, and so nothing is changed. */
export async function updateConnectionSecret(
  store: Queryable,
  id: string,
  read: ConnectionSecret,
  secret: ConnectionSecret,
): Promise<boolean> {
  const { rowCount } = await store.query(
    `update connection set secret_key_id = $2, password_envelope = $3
     where id = $1 and password_envelope = $4`,
    [id, secret.secretKeyId, secret.passwordEnvelope, read.passwordEnvelope],
  )
  return rowCount === 1
}
