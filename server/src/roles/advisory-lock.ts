import type { Database, Queryable } from '../store/database.ts'

/** The locks that Postern takes, each a number in its own half of the key. */
const lockClasses = {
  template: 1,
  reconcile: 2,
  object: 3,
  rotation: 4,
  sqlFunctions: 5,
  services: 6,
  connectRole: 7,
  patternRoles: 8,
} as const

/** ASCII "pstn" in the high half, so that the numbers are unlikely to be anybody else's. */
const namespace = 0x7073_746en << 32n

/** The key of a lock that exists once per database. */
export function lockKey(name: Exclude<keyof typeof lockClasses, 'object'>): string {
  return (namespace + BigInt(lockClasses[name])).toString()
}

/** The key of the lock on the grants of one object, by its oid. */
export function objectLockKey(oid: number): string {
  return ((BigInt(lockClasses.object) << 32n) + BigInt(oid)).toString()
}

/**
 * Runs `work` while this process alone holds a lock, for statements that cannot stand in a
 * transaction. Waits for it. The server gives the lock up when our connection breaks. `work` is
 * given the connection that holds the lock: asking the same pool for another could wait for ever.
 */
export async function withAdvisoryLock<T>(
  database: Database,
  key: string,
  work: (client: Queryable) => Promise<T>,
): Promise<T> {
  const client = await database.connect()
  let broken: Error | undefined
  try {
    await client.query('set lock_timeout = 0')
    await client.query('select pg_catalog.pg_advisory_lock($1::bigint)', [key])
    return await work(client)
  } finally {
    await client
      .query('select pg_catalog.pg_advisory_unlock_all()')
      .then(() => client.query('reset lock_timeout'))
      .catch((cause: Error) => {
        broken = cause
      })
    client.release(broken)
  }
}
