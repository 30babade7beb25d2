import type { Queryable } from './database.ts'

/** Every role that some row stands for, whatever state the row is in. */
export async function listKnownRoles(store: Queryable): Promise<Set<string>> {
  const { rows } = await store.query<{ role: string }>(
    `select owner_role as role from account
     union all select public_role from account
     union all select role from api_key
     union all select role from group_role`,
  )
  return new Set(rows.map((row) => row.role))
}
