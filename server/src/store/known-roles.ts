import type { Queryable } from './database.ts'

/**
 * What a credential logs in as, what opens an object, or what stands by itself and is kept when nobody
 * is a member: data services, logging in, patterns, and all that is on a registered server.
 */
export type KnownRole = 'login' | 'group' | 'service'

/**
 * Every role that some row stands for, whatever state the row is in, and whether it is a group role
 * or one that a credential logs in as.
 */
export async function listKnownRoles(store: Queryable): Promise<Map<string, KnownRole>> {
  const { rows } = await store.query<{ role: string; kind: KnownRole }>(
    `select owner_role as role, 'login' as kind from account
     union all select public_role, 'login' from account
     union all select role, 'login' from api_key
     union all select role, 'login' from access_token_role
     union all select role,
       case when kind in ('service', 'connect', 'pattern') or connection_id is not null
         then 'service' else 'group' end
       from group_role`,
  )
  return new Map(rows.map((row) => [row.role, row.kind]))
}
