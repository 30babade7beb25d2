import type { Queryable } from './database.ts'

export type GroupRoleKind =
  | 'table'
  | 'schema_usage'
  | 'schema_create'
  | 'service'
  /** Lets the roles of access tokens log in to the account's database. */
  | 'connect'
  /** Reads the relations of a schema whose names begin so. */
  | 'pattern'

/** A NOLOGIN role that holds a set of privileges on one object, for the keys that are members. */
export type GroupRole = {
  readonly role: string
  readonly kind: GroupRoleKind
  /** 0 for a service and for logging in, which are no objects of the database. */
  readonly objectOid: number
  /**
   * The service, or what may be done with the object: sorted and separated by commas. Of a pattern,
   * what names begin with, and a star.
   */
  readonly privileges: string
}

/** Whose group roles: an account's, on a registered server or, for null, in its own database. */
export type GroupRoleScope = {
  readonly accountId: string
  readonly connectionId: string | null
}

/**
 * Records which group roles a key is a member of, and the group roles themselves where they are
 * new. Belongs in the transaction that makes the key active.
 */
export async function insertApiKeyGroupRoles(
  transaction: Queryable,
  key: { readonly accountId: string; readonly apiKeyId: string },
  groups: readonly GroupRole[],
): Promise<void> {
  if (groups.length === 0) return
  await insertGroupRoles(transaction, { accountId: key.accountId, connectionId: null }, groups)
  await transaction.query(
    `insert into api_key_group_role (api_key_id, role)
     select $1, unnest($2::text[]) on conflict do nothing`,
    [key.apiKeyId, groups.map((group) => group.role)],
  )
}

/** The same for the LOGIN role of an access token. */
export async function insertTokenGroupRoles(
  transaction: Queryable,
  token: GroupRoleScope & { readonly role: string },
  groups: readonly GroupRole[],
): Promise<void> {
  await insertGroupRoles(transaction, token, groups)
  await transaction.query(
    `insert into access_token_group_role (role, group_role)
     select $1, unnest($2::text[]) on conflict do nothing`,
    [token.role, groups.map((group) => group.role)],
  )
}

async function insertGroupRoles(
  transaction: Queryable,
  { accountId, connectionId }: GroupRoleScope,
  groups: readonly GroupRole[],
): Promise<void> {
  await transaction.query(
    `insert into group_role (role, account_id, connection_id, kind, object_oid, privileges)
     select role, $1, $6::uuid, kind, object_oid, privileges
     from unnest($2::text[], $3::text[], $4::oid[], $5::text[])
       as made (role, kind, object_oid, privileges)
     -- In one order, so that two keys with the same group roles cannot wait for each other.
     order by role
     on conflict (role) do nothing`,
    [
      accountId,
      groups.map((group) => group.role),
      groups.map((group) => group.kind),
      groups.map((group) => group.objectOid),
      groups.map((group) => group.privileges),
      connectionId,
    ],
  )
}

/**
 * The rows of an account's group roles for these data services; where there is none yet, a new one
 * with a name of `newName`. The row is there before the role, so that two makers agree on the role
 * and the reconciler takes it for nobody's stray.
 */
export async function findOrInsertServiceRoles(
  store: Queryable,
  accountId: string,
  services: readonly string[],
  newName: () => string,
): Promise<GroupRole[]> {
  if (services.length === 0) return []
  await store.query(
    `insert into group_role (role, account_id, kind, object_oid, privileges)
     select role, $1, 'service', 0, service
     from unnest($2::text[], $3::text[]) as made (role, service) order by service
     on conflict (account_id, privileges) where kind = 'service' do nothing`,
    [accountId, services.map(newName), services],
  )
  return (await listGroupRoles(store, accountId)).filter(
    (group) => group.kind === 'service' && services.includes(group.privileges),
  )
}

/** The row of the group role by which an account's access tokens log in: the one there is, or a new one. */
export async function findOrInsertConnectRole(
  store: Queryable,
  scope: GroupRoleScope,
  newName: () => string,
): Promise<GroupRole> {
  await store.query(
    `insert into group_role (role, account_id, connection_id, kind, object_oid, privileges)
     values ($1, $2, $3, 'connect', 0, 'connect') on conflict do nothing`,
    [newName(), scope.accountId, scope.connectionId],
  )
  const role = (await listGroupRolesIn(store, scope)).find(({ kind }) => kind === 'connect')
  if (role === undefined) throw new Error('An account that is gone was given a group role.')
  return role
}

/** Like findOrInsertServiceRoles, for what may grow: one per schema and beginning of names. */
export async function findOrInsertPatternRoles(
  store: Queryable,
  scope: GroupRoleScope,
  patterns: readonly { readonly schemaOid: number; readonly prefix: string }[],
  newName: () => string,
): Promise<{ role: string; schemaOid: number; prefix: string }[]> {
  if (patterns.length === 0) return []
  await store.query(
    `insert into group_role (role, account_id, connection_id, kind, object_oid, privileges)
     select role, $1, $5::uuid, 'pattern', schema_oid, prefix || '*'
     from unnest($2::text[], $3::oid[], $4::text[]) as made (role, schema_oid, prefix)
     order by schema_oid, prefix on conflict do nothing`,
    [
      scope.accountId,
      patterns.map(newName),
      patterns.map(({ schemaOid }) => schemaOid),
      patterns.map(({ prefix }) => prefix),
      scope.connectionId,
    ],
  )
  const rows = (await listGroupRolesIn(store, scope)).filter(({ kind }) => kind === 'pattern')
  return patterns.flatMap(({ schemaOid, prefix }) =>
    rows
      .filter((row) => row.objectOid === schemaOid && row.privileges === `${prefix}*`)
      .map(({ role }) => ({ role, schemaOid, prefix })),
  )
}

function listGroupRolesIn(store: Queryable, scope: GroupRoleScope): Promise<GroupRole[]> {
  const { accountId, connectionId } = scope
  return connectionId === null
    ? listGroupRoles(store, accountId)
    : listGroupRolesOn(store, connectionId)
}

/** The group roles of one account in its own database. */
export async function listGroupRoles(store: Queryable, accountId: string): Promise<GroupRole[]> {
  const { rows } = await store.query<GroupRole>(
    `select role, kind, object_oid as "objectOid", privileges
     from group_role where account_id = $1 and connection_id is null order by role`,
    [accountId],
  )
  return rows
}

/** The group roles on one registered server. */
export async function listGroupRolesOn(
  store: Queryable,
  connectionId: string,
): Promise<GroupRole[]> {
  const { rows } = await store.query<GroupRole>(
    `select role, kind, object_oid as "objectOid", privileges
     from group_role where connection_id = $1 order by role`,
    [connectionId],
  )
  return rows
}

/**
 * Gives the group roles on a registered server that tokens of another connection are members of to that
 * one: two connections can be to one database, and an object has one group role for all of them.
 */
export async function handOverGroupRoles(
  transaction: Queryable,
  connectionId: string,
): Promise<void> {
  await transaction.query(
    `update group_role g set connection_id = other.id, account_id = other.account_id
     from (
       select distinct on (m.group_role) m.group_role, c.id, c.account_id
       from access_token_group_role m
       join access_token_role r on r.role = m.role
       join connection c on c.id = r.connection_id
       where c.id <> $1 and not c.is_default order by m.group_role, c.id
     ) other
     where g.role = other.group_role and g.connection_id = $1`,
    [connectionId],
  )
}

/** Which group roles each key of an account was given, by the key's own role. */
export async function listGroupRolesOfKeys(
  store: Queryable,
  accountId: string,
): Promise<Map<string, string[]>> {
  const { rows } = await store.query<{ role: string; groups: string[] }>(
    `select k.role, array_agg(m.role order by m.role) as groups
     from api_key k join api_key_group_role m on m.api_key_id = k.id
     where k.account_id = $1 group by k.role`,
    [accountId],
  )
  return new Map(rows.map((row) => [row.role, row.groups]))
}

/** Which group roles each LOGIN role of an account's access tokens was given. */
export async function listGroupRolesOfTokens(
  store: Queryable,
  accountId: string,
): Promise<Map<string, string[]>> {
  const { rows } = await store.query<{ role: string; groups: string[] }>(
    `select r.role, array_agg(m.group_role order by m.group_role) as groups
     from access_token t join access_token_role r on r.token_id = t.id
     join access_token_group_role m on m.role = r.role
     where t.account_id = $1 and t.state = 'active' group by r.role`,
    [accountId],
  )
  return new Map(rows.map((row) => [row.role, row.groups]))
}

/** Forgets group roles, and with them who was a member. */
export async function deleteGroupRoles(store: Queryable, roles: readonly string[]): Promise<void> {
  await store.query('delete from group_role where role = any ($1::text[])', [roles])
}
