import {
  type Database,
  type DatabaseAddress,
  openDatabase,
  type Queryable,
} from '../store/database.ts'

/** Postern's own administrative role, and its connections to the databases it looks after. */
export type Admin = {
  readonly installationId: string
  /** The hardened database that accounts' databases are copied from. */
  readonly templateDatabase: string
  readonly role: string
  readonly isSuperuser: boolean
  /** As PostgreSQL counts: 150018 is 15.18. */
  readonly serverVersionNum: number
  /** The maintenance database: for roles and databases themselves, which belong to the cluster. */
  readonly cluster: Database
  /**
   * A small pool on one database. Ask for it where it is used and do not keep it: the pools used
   * least lately are closed.
   */
  readonly on: (database: string) => Database
  /** Logs in to a database as another role, for as long as `work` takes. */
  readonly logInAs: <T>(
    login: { readonly database: string; readonly role: string; readonly password: string },
    work: (client: Queryable) => Promise<T>,
  ) => Promise<T>
  /** Closes the pool on a database, so that it can be copied or dropped. */
  readonly forget: (database: string) => Promise<void>
  readonly close: () => Promise<void>
}

const maxPools = 20
const connectionsPerPool = 3

/**
 * An account's owner decides what stands in that account's database, and its settings are made for
 * callers. So nothing but pg_catalog is searched for what an unqualified name means, and the
 * deadlines are our own.
 */
const settings = {
  search_path: 'pg_catalog',
  statement_timeout: '120s',
  lock_timeout: '30s',
  idle_in_transaction_session_timeout: '120s',
  client_min_messages: 'warning',
}

/** Connects to the maintenance database. Throws when it cannot be reached. */
export async function openAdmin(options: {
  readonly address: DatabaseAddress
  readonly installationId: string
  readonly templateDatabase: string
  readonly onIdleError: (cause: Error) => void
}): Promise<Admin> {
  const { address, installationId, templateDatabase, onIdleError } = options
  const open = (database: string): Database =>
    openDatabase(
      { ...address, database },
      { max: connectionsPerPool, applicationName: 'postern admin', onIdleError, settings },
    )
  const cluster = open(address.database)
  const facts = await getServerFacts(cluster).catch(async (error: unknown) => {
    await cluster.end()
    throw error
  })

  // In the order of last use: a Map keeps the order of insertion.
  const pools = new Map<string, Database>()

  async function forget(database: string): Promise<void> {
    const pool = pools.get(database)
    pools.delete(database)
    await pool?.end()
  }

  function closeIdlePools(): void {
    for (const [database, pool] of pools) {
      if (pools.size <= maxPools) return
      if (pool.idleCount < pool.totalCount || pool.waitingCount > 0) continue
      pools.delete(database)
      pool.end().catch(onIdleError)
    }
  }

  return {
    ...facts,
    installationId,
    templateDatabase,
    cluster,
    on(database) {
      const pool = pools.get(database) ?? open(database)
      pools.delete(database)
      pools.set(database, pool)
      closeIdlePools()
      return pool
    },
    async logInAs({ database, role, password }, work) {
      const login = openDatabase(
        { ...address, database, user: role, password },
        { max: 1, applicationName: 'postern check', onIdleError },
      )
      try {
        return await work(login)
      } finally {
        await login.end()
      }
    },
    forget,
    async close() {
      await Promise.all([...pools.keys()].map(forget))
      await cluster.end()
    },
  }
}

async function getServerFacts(
  cluster: Database,
): Promise<Pick<Admin, 'role' | 'isSuperuser' | 'serverVersionNum'>> {
  const { rows } = await cluster.query<Pick<Admin, 'role' | 'isSuperuser' | 'serverVersionNum'>>(
    `select current_user::text as role, rolsuper as "isSuperuser",
       current_setting('server_version_num')::integer as "serverVersionNum"
     from pg_catalog.pg_roles where rolname = current_user`,
  )
  const facts = rows[0]
  if (facts === undefined) throw new Error('PostgreSQL does not know the role we logged in as.')
  return facts
}
