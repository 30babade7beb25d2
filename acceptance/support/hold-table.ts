import { runAsOwner } from './populate-account.ts'
import type { AccountCredentials, Postern } from './postern.ts'
import { openSuperuser } from './superuser.ts'

/**
 * Locks a table of an account: from now on whoever asks for it waits, for as long as may be and at no
 * cost for the machine. Returns what lets go of it.
 */
export async function holdTable(
  postern: Postern,
  owner: AccountCredentials,
  table: string,
): Promise<() => Promise<void>> {
  const [row] = await runAsOwner(postern, owner, 'select current_database()::text as name')
  const superuser = await openSuperuser(postern, String(row?.name))
  await superuser.query(`begin; lock table ${table} in access exclusive mode`)
  return () => superuser.end()
}
