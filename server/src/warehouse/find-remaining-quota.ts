import { readBytes } from './read-value.ts'
import type { Session } from './session.ts'

/** How many bytes the account may still store, asked as the caller; Infinity without a quota. */
export async function findRemainingQuota(session: Session): Promise<number> {
  const bytes = await readBytes(session, {
    name: 'find-remaining-quota',
    text: `select case
       when quota operator(pg_catalog.>) 0
       then quota operator(pg_catalog.-) cartodb.cdb_userdatasize()
     end
     from cartodb._cdb_userquotainbytes() as quota`,
  })
  return bytes === undefined ? Number.POSITIVE_INFINITY : Number(bytes.toString('latin1'))
}
