import type { RandomBytes } from '../token/base62.ts'
import type { Database } from './database.ts'

const alphabet = '0123456789abcdefghijklmnopqrstuvwxyz'

/**
 * The id of this installation, made at first use. It is part of every role and database name, so
 * that two installations on one server never touch each other's.
 */
export async function getInstallationId(
  store: Database,
  randomBytes: RandomBytes,
): Promise<string> {
  const proposal = Array.from(randomBytes(6), (byte) => alphabet[byte % alphabet.length]).join('')
  await store.query('insert into installation (id) values ($1) on conflict do nothing', [proposal])
  const { rows } = await store.query<{ id: string }>('select id from installation')
  const id = rows[0]?.id
  if (id === undefined) throw new Error('The control database has no installation row.')
  return id
}
