import type { Queryable } from './database.ts'

/** Lets rows be made with these key-ring keys. */
export async function insertSecretKeys(store: Queryable, ids: readonly string[]): Promise<void> {
  await store.query(
    'insert into secret_key (id) select unnest($1::text[]) on conflict do nothing',
    [ids],
  )
}

/** Tokens that are kept in no envelope cannot be indexed anew: these rows need their keys for that. */
const indexKeys = `select index_key_id as id from api_key where index_key_id is not null
  union all select index_key_id from access_token where index_key_id is not null`

/** The ids of the key-ring keys that something is sealed with, or found by. */
export async function listSecretKeysInUse(store: Queryable): Promise<string[]> {
  const { rows } = await store.query<{ id: string }>(
    `select secret_key_id as id from api_key union select secret_key_id from batch_job
     union select secret_key_id from access_token union select secret_key_id from access_token_role
     union select secret_key_id from second_factor
     union select secret_key_id from connection where secret_key_id is not null
     union ${indexKeys} order by id`,
  )
  return rows.map((row) => row.id)
}

/** How many tokens are found by each key-ring key that seals nothing any more. */
export async function countTokensFoundBy(
  store: Queryable,
): Promise<readonly { readonly keyId: string; readonly tokens: number }[]> {
  const { rows } = await store.query<{ keyId: string; tokens: number }>(
    `select id as "keyId", count(*)::float8 as tokens from (${indexKeys}) as used
     group by id order by id`,
  )
  return rows
}

/**
 * Retires every key-ring key but this one and those that tokens are found by. Throws a foreign-key
 * violation (23503) while a row sealed with an older key is left.
 */
export async function deleteOtherSecretKeys(store: Queryable, id: string): Promise<void> {
  await store.query(`delete from secret_key where id <> $1 and id not in (${indexKeys})`, [id])
}
