import type { Queryable } from './database.ts'

export type GroupRoleKind = 'table' | 'schema_usage' | 'schema_create' | 'service'

/** A NOLOGIN role that holds a set of privileges on one object, for the keys that are members. */
export type GroupRole = {
  readonly role: string
  readonly kind: GroupRoleKind
  /** 0 for a service, which is no object. */
  readonly objectOid: number
  /** The service, or what may be done with the object: sorted and separated by commas. */
  readonly privileges: string
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
  await transaction.query(
    `insert into group_role (role, account_id, kind, object_oid, privileges)
     select role, $1, kind, object_oid, privileges
     from unnest($2::text[], $3::text[], $4::oid[], $5::text[])
       as made (role, kind, object_oid, privileges)
     -- In one order, so that two keys with the same group roles cannot wait for each other.
     order by role
     on conflict (role) do nothing`,
    [
      key.accountId,
      groups.map((group) => group.role),
      groups.map((group) => group.kind),
      groups.map((group) => group.objectOid),
      groups.map((group) => group.privileges),
    ],
  )
  await transaction.query(
    `insert into api_key_group_role (api_key_id, role)
     select $1, unnest($2::text[]) on conflict do nothing`,
    [key.apiKeyId, groups.map((group) => group.role)],
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

/** The group roles of one account. */
export async function listGroupRoles(store: Queryable, accountId: string): Promise<GroupRole[]> {
  const { rows } = await store.query<GroupRole>(
    `select role, kind, object_oid as "objectOid", privileges
     from group_role where account_id = $1 order by role`,
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

/** Forgets group roles, and with them who was a member. */
export async function deleteGroupRoles(store: Queryable, roles: readonly string[]): Promise<void> {
  await store.query('delete from group_role where role = any ($1::text[])', [roles])
}
