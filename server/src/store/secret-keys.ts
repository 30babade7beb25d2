import type { Queryable } from './database.ts'

/** Lets rows be made with these key-ring keys. */
export async function insertSecretKeys(store: Queryable, ids: readonly string[]): Promise<void> {
  await store.query(
    'insert into secret_key (id) select unnest($1::text[]) on conflict do nothing',
    [ids],
  )
}

/** The ids of the key-ring keys that something is sealed with. */
export async function listSecretKeysInUse(store: Queryable): Promise<string[]> {
  const { rows } = await store.query<{ id: string }>(
    `select secret_key_id as id from api_key union select secret_key_id from batch_job
     union select secret_key_id from connection where secret_key_id is not null order by id`,
  )
  return rows.map((row) => row.id)
}

/**
 * Retires every key-ring key but this one. Throws a foreign-key violation (23503) while a row made
 * with an older key is left.
 */
export async function deleteOtherSecretKeys(store: Queryable, id: string): Promise<void> {
  await store.query('delete from secret_key where id <> $1', [id])
}
