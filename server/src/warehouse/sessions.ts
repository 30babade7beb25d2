import { AccessError } from '../errors.ts'
import type { Observe } from '../observations.ts'
import type { StopSignal } from '../stop-signal.ts'
import { type DatabaseAddress, isUnreachable, sqlstateOf, sqlstates } from '../store/database.ts'
import { type Deferred, deferred } from './deferred.ts'
import { openSession, type Session } from './session.ts'

/** The role to log in as, and the database to log in to. A role belongs to one database. */
export type SessionKey = {
  readonly database: string
  readonly role: string
  /** The id of a registered connection; absent for the installation's own server. */
  readonly server?: string
}

/** Where a server listens, and what of it matters to a session. */
export type ServerAddress = {
  readonly host: string
  readonly port: number
  readonly ssl: DatabaseAddress['ssl']
  /** Where names without a schema are looked for, as SQL text; absent: as in an account's own database. */
  readonly searchPath?: string
}

/**
 * Callers' SQL and our own SQL never share a session: what a caller could do to a session (take a
 * prepared statement's name, for one) must not meet our statements. What a caller may only read
 * with runs in a lane whose transactions are all READ ONLY; so does what we read for users who
 * look at their account's data.
 */
const lanes = ['caller', 'reader', 'own', 'preview'] as const

export type Lane = (typeof lanes)[number]

export type Sessions = {
  /**
   * A session that is logged in as `key.role`, for the caller alone until `release`.
   * Throws warehouse_busy when none comes free in time, warehouse_unavailable when PostgreSQL is
   * away, credential_revoked when the role has been ended.
   */
  acquire(key: SessionKey, lane: Lane, signal: StopSignal): Promise<Session>
  /** Gives a session back once it has settled. */
  release(session: Session): void
  /**
   * Ends every session of these roles in this process, those that are just logging in included, and
   * says how many there were. Whoever still may use the role logs in anew.
   */
  endRoles(roles: readonly string[]): number
  open(): number
  close(): void
}

export type SessionsOptions = ServerAddress & {
  /**
   * Where a registered server listens, asked anew for each log-in. Throws connection_not_found, and
   * warehouse_unavailable for an address that may not be connected to.
   */
  readonly addressOf: (server: string) => Promise<ServerAddress>
  /** The most sessions of one role in one lane. */
  readonly maxPerRole: number
  /** The most sessions in all: well below the server's max_connections. */
  readonly maxTotal: number
  /** The most sessions on one registered server, so that one that hangs takes not all of them. */
  readonly maxPerServer: number
  readonly idleTimeoutMs: number
  readonly acquireTimeoutMs: number
  readonly statementTimeoutMs: number
  readonly applicationName?: string | undefined
  /** The role's password, unsealed for one log-in; throws credential_revoked when there is none. */
  readonly passwordOf: (key: SessionKey) => Promise<string>
  /** Sets the role's password to what it should be; called when a log-in was refused. */
  readonly restorePassword: (key: SessionKey) => Promise<void>
  readonly observe: Observe
}

type Pool = {
  readonly id: string
  readonly key: SessionKey
  readonly lane: Lane
  readonly idle: Session[]
  readonly all: Set<Session>
  readonly waiting: Waiter[]
  opening: number
  usedAt: number
  /** Grows when the role is ended, so that a log-in that began before does not outlive it. */
  generation: number
}

type Waiter = Deferred<Session>

/**
 * Roles of credentials are Postern's own and called alike nowhere else; those that servers were
 * registered with, which only previews log in as, can be.
 */
function poolId(lane: Lane, role: string, server?: string): string {
  return server === undefined ? `${lane} ${role}` : `${lane} ${role} ${server}`
}

/** Pools per role and lane, under one cap; the idle session that was used longest ago makes room. */
export function createSessions(options: SessionsOptions): Sessions {
  const pools = new Map<string, Pool>()
  const poolOf = new WeakMap<Session, Pool>()
  const idleTimers = new Map<Session, NodeJS.Timeout>()
  let total = 0
  let clock = 0
  let closed = false

  function getPool(key: SessionKey, lane: Lane): Pool {
    const id = poolId(lane, key.role, lane === 'preview' ? key.server : undefined)
    let pool = pools.get(id)
    if (pool !== undefined && pool.key.server !== key.server) {
      throw new Error(`The role ${key.role} belongs to another server.`)
    }
    if (pool === undefined) {
      pool = {
        id,
        key,
        lane,
        idle: [],
        all: new Set(),
        waiting: [],
        opening: 0,
        usedAt: 0,
        generation: 0,
      }
      pools.set(id, pool)
    }
    pool.usedAt = ++clock
    return pool
  }

  function makeRoom(server: string | undefined): boolean {
    if (isFull(server)) destroyOldestIdle((pool) => pool.key.server === server)
    else if (total >= options.maxTotal) destroyOldestIdle(() => true)
    return total < options.maxTotal && !isFull(server)
  }

  function destroyOldestIdle(isMeant: (pool: Pool) => boolean): void {
    let oldest: Pool | undefined
    for (const pool of pools.values()) {
      if (pool.idle.length === 0 || !isMeant(pool)) continue
      if (oldest === undefined || pool.usedAt < oldest.usedAt) oldest = pool
    }
    oldest?.idle[0]?.destroy()
  }

  /** Whether a registered server has all the sessions that it may have. */
  function isFull(server: string | undefined): boolean {
    if (server === undefined) return false
    let count = 0
    for (const pool of pools.values()) {
      if (pool.key.server === server) count += pool.all.size + pool.opening
    }
    return count >= options.maxPerServer
  }

  function serve(pool: Pool): void {
    while (pool.waiting.length > 0) {
      const session = takeIdle(pool)
      if (session === undefined) break
      pool.waiting.shift()?.resolve(session)
    }
    const wanted = pool.waiting.length - pool.opening
    for (let index = 0; index < wanted; index += 1) {
      if (pool.all.size + pool.opening >= options.maxPerRole || !makeRoom(pool.key.server)) return
      openFor(pool)
    }
  }

  function takeIdle(pool: Pool): Session | undefined {
    const session = pool.idle.pop()
    if (session !== undefined) {
      clearTimeout(idleTimers.get(session))
      idleTimers.delete(session)
    }
    return session
  }

  function openFor(pool: Pool): void {
    pool.opening += 1
    total += 1
    logIn(pool)
      .then(
        (session) => {
          pool.opening -= 1
          if (session === undefined) {
            total -= 1
            return
          }
          pool.all.add(session)
          poolOf.set(session, pool)
          park(pool, session)
        },
        (error: unknown) => {
          pool.opening -= 1
          total -= 1
          pool.waiting.shift()?.reject(error)
        },
      )
      .finally(serveEverybody)
  }

  /** Room that came free in one pool may be what another waits for. */
  function serveEverybody(): void {
    for (const pool of pools.values()) {
      serve(pool)
      if (pool.all.size === 0 && pool.opening === 0 && pool.waiting.length === 0)
        pools.delete(pool.id)
    }
  }

  /** Undefined when the role was ended meanwhile: who asks for it since then needs a new log-in. */
  async function logIn(pool: Pool): Promise<Session | undefined> {
    const { role } = pool.key
    const { generation } = pool
    let session: Session
    try {
      session = await open(pool)
    } catch (error) {
      if (sqlstateOf(error) !== sqlstates.invalidPassword) throw logInError(error)
      // The role has changed its own password, or a backup brought back an old one.
      await options.restorePassword(pool.key)
      options.observe({ event: 'role_password_restored', role })
      session = await open(pool).catch((again: unknown) => {
        throw logInError(again)
      })
    }
    if (closed || pool.generation !== generation) {
      session.destroy()
      return undefined
    }
    if (session.isDestroyed) throw new AccessError('warehouse_unavailable')
    return session
  }

  async function open(pool: Pool): Promise<Session> {
    const { server, database, role } = pool.key
    const { host, port, ssl, searchPath } =
      server === undefined ? options : await options.addressOf(server)
    const password = await options.passwordOf(pool.key)
    let session: Session | undefined
    session = await openSession(
      { host, port, ssl, database, role, password },
      {
        ...(searchPath !== undefined && { searchPath }),
        applicationName: options.applicationName,
        statementTimeoutMs: options.statementTimeoutMs,
        connectTimeoutMs: options.acquireTimeoutMs,
        keepsState: pool.lane === 'own' || pool.lane === 'preview',
        readsOnly: pool.lane === 'reader' || pool.lane === 'preview',
        lost: () => {
          if (session !== undefined) forget(session)
        },
      },
    )
    return session
  }

  function forget(session: Session): void {
    const pool = poolOf.get(session)
    if (pool === undefined || !pool.all.delete(session)) return
    total -= 1
    const index = pool.idle.indexOf(session)
    if (index >= 0) pool.idle.splice(index, 1)
    clearTimeout(idleTimers.get(session))
    idleTimers.delete(session)
    // Not at once: whoever destroys several sessions in a row must not have them replaced meanwhile.
    setImmediate(serveEverybody)
  }

  function park(pool: Pool, session: Session): void {
    if (session.isDestroyed) return
    const waiter = pool.waiting.shift()
    if (waiter !== undefined) {
      waiter.resolve(session)
      return
    }
    pool.idle.push(session)
    const timer = setTimeout(() => session.destroy(), options.idleTimeoutMs)
    timer.unref()
    idleTimers.set(session, timer)
    if (total >= options.maxTotal || isFull(pool.key.server)) serveEverybody()
  }

  return {
    async acquire(key, lane, signal) {
      if (closed) throw new AccessError('shutting_down')
      const pool = getPool(key, lane)
      const idle = takeIdle(pool)
      if (idle !== undefined) return idle

      const waiter: Waiter = deferred<Session>()
      pool.waiting.push(waiter)
      const giveUp = (error: unknown) => {
        const index = pool.waiting.indexOf(waiter)
        if (index < 0) return
        pool.waiting.splice(index, 1)
        waiter.reject(error)
      }
      const timer = setTimeout(
        () => giveUp(new AccessError('warehouse_busy')),
        options.acquireTimeoutMs,
      )
      const onAbort = () => giveUp(signal.reason)
      signal.addEventListener('abort', onAbort, { once: true })
      serve(pool)
      try {
        return await waiter.promise
      } finally {
        clearTimeout(timer)
        signal.removeEventListener('abort', onAbort)
      }
    },

    release(session) {
      const pool = poolOf.get(session)
      if (pool === undefined) return
      void session.settled().then((isClean) => {
        if (isClean && !closed) park(pool, session)
        else session.destroy()
      })
    },

    endRoles(roles) {
      let ended = 0
      for (const role of roles) {
        for (const lane of lanes) {
          const pool = pools.get(poolId(lane, role))
          if (pool === undefined) continue
          pool.generation += 1
          for (const waiter of pool.waiting.splice(0)) {
            waiter.reject(new AccessError('credential_revoked'))
          }
          for (const session of [...pool.all]) {
            session.cancel()
            session.destroy(new AccessError('credential_revoked'))
            ended += 1
          }
        }
      }
      return ended
    },

    open: () => total,

    close() {
      closed = true
      for (const pool of pools.values()) {
        for (const waiter of pool.waiting.splice(0)) waiter.reject(new AccessError('shutting_down'))
        for (const session of [...pool.all]) session.destroy()
      }
    },
  }
}

function logInError(error: unknown): unknown {
  if (error instanceof AccessError) return error
  // 53300: too many connections, for the role or in all.
  if (sqlstateOf(error) === '53300') return new AccessError('warehouse_busy', { cause: error })
  // 28000: the role may no longer log in; 3D000 and 42704: it or its database is gone.
  if (['28000', '28P01', '3D000', '42704'].includes(sqlstateOf(error) ?? '')) {
    return new AccessError('credential_revoked', { cause: error })
  }
  if (isUnreachable(error)) return new AccessError('warehouse_unavailable', { cause: error })
  return error
}
