import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { attemptInSession, readInSession } from '../../test/run-in-session.ts'
import { createTcpProxy } from '../../test/tcp-proxy.ts'
import { until } from '../../test/until.ts'
import {
  createTestWarehouse,
  rolePassword,
  type TestWarehouse,
} from '../../test/warehouse-database.ts'
import { AccessError } from '../errors.ts'
import type { Session } from './session.ts'
import { createSessions, type Lane, type Sessions, type SessionsOptions } from './sessions.ts'

let warehouse: TestWarehouse

beforeAll(async () => {
  warehouse = await createTestWarehouse()
})

afterAll(() => warehouse.close())

let opened: Sessions[] = []
const observed: string[] = []

afterEach(() => {
  for (const sessions of opened) sessions.close()
  opened = []
  observed.length = 0
})

function create(options: Partial<SessionsOptions> = {}): Sessions {
  const { host, port, ssl } = warehouse.addressOf('')
  const sessions = createSessions({
    host,
    port,
    ssl,
    maxPerRole: 2,
    maxTotal: 10,
    maxPerServer: 10,
    addressOf: async () => {
      throw new Error('Nobody should have asked for another server.')
    },
    idleTimeoutMs: 60_000,
    acquireTimeoutMs: 60_000,
    statementTimeoutMs: 60_000,
    passwordOf: async () => rolePassword,
    restorePassword: async () => {
      throw new Error('Nobody should have restored a password.')
    },
    observe: ({ event }) => observed.push(event),
    ...options,
  })
  opened.push(sessions)
  return sessions
}

const never = new AbortController().signal

function acquire(sessions: Sessions, role: string, lane: Lane = 'caller', signal = never) {
  const { database } = warehouse.addressOf(role)
  return sessions.acquire({ database, role }, lane, signal)
}

/** On a machine that is busy, logging in can take longer than somebody would wait for a session. */
async function logIn(sessions: Sessions, role: string): Promise<Session> {
  let session: Session | undefined
  await until(async () => {
    session = await acquire(sessions, role)
  })
  if (session === undefined) throw new Error('Nobody has logged in.')
  return session
}

/** Gives a session back and waits until it can be used again, or never will be. */
async function giveBack(sessions: Sessions, session: Session): Promise<void> {
  sessions.release(session)
  await session.settled()
  await new Promise((resolve) => setImmediate(resolve))
}

/** What has become of a promise by now. */
function watch<T>(promise: Promise<T>): { outcome: 'pending' | 'resolved' | 'rejected' } {
  const watched: { outcome: 'pending' | 'resolved' | 'rejected' } = { outcome: 'pending' }
  promise.then(
    () => {
      watched.outcome = 'resolved'
    },
    () => {
      watched.outcome = 'rejected'
    },
  )
  return watched
}

const code = (expected: string) => expect.objectContaining({ code: expected })

describe('a session', () => {
  it('is logged in as the role, and used again by it', async () => {
    const [sessions, role] = [create(), await warehouse.createRole()]
    const first = await acquire(sessions, role)
    expect(await readInSession(first, 'select session_user')).toBe(role)
    await giveBack(sessions, first)
    expect(await acquire(sessions, role)).toBe(first)
    expect(sessions.open()).toBe(1)
  })

  it('belongs to one request at a time', async () => {
    const [sessions, role] = [create(), await warehouse.createRole()]
    const first = await acquire(sessions, role)
    expect(await acquire(sessions, role)).not.toBe(first)
  })

  it("is never shared between callers' statements and our own", async () => {
    const [sessions, role] = [create(), await warehouse.createRole()]
    const caller = await acquire(sessions, role, 'caller')
    await giveBack(sessions, caller)
    const own = await acquire(sessions, role, 'own')
    await giveBack(sessions, own)
    expect(own.processId).not.toBe(caller.processId)
    expect(await acquire(sessions, role, 'caller')).toBe(caller)
    expect(await acquire(sessions, role, 'own')).toBe(own)
  })

  it('is not used again when a statement has spoilt it', async () => {
    const [sessions, role] = [create(), await warehouse.createRole()]
    const spoilt = await acquire(sessions, role)
    await attemptInSession(spoilt, `set timezone = 'Asia/Tokyo'`)
    await giveBack(sessions, spoilt)
    const next = await acquire(sessions, role)
    expect(next).not.toBe(spoilt)
    expect(await readInSession(next, `select current_setting('timezone')`)).toBe('UTC')
  })

  it('ends when nobody has used it for a while', async () => {
    const [sessions, role] = [create({ idleTimeoutMs: 50 }), await warehouse.createRole()]
    await giveBack(sessions, await acquire(sessions, role))
    await until(() => expect(sessions.open()).toBe(0))
    await until(async () => expect(await warehouse.countBackends(role)).toBe(0))
  })
})

describe('the most sessions of one role', () => {
  it('are not exceeded: who comes later waits until one is free', async () => {
    const [sessions, role] = [create({ maxPerRole: 2 }), await warehouse.createRole()]
    const [first] = [await acquire(sessions, role), await acquire(sessions, role)]
    const third = acquire(sessions, role)
    const watched = watch(third)
    expect(await warehouse.countBackends(role)).toBe(2)
    expect(watched.outcome).toBe('pending')
    sessions.release(first)
    expect(await third).toBe(first)
  })

  it('count those that are just logging in', async () => {
    const [sessions, role] = [create({ maxPerRole: 2 }), await warehouse.createRole()]
    const all = Array.from({ length: 5 }, () => acquire(sessions, role))
    expect(sessions.open()).toBe(2)
    for (const each of all) sessions.release(await each)
    expect(sessions.open()).toBe(2)
  })

  it('do not keep another role waiting', async () => {
    const sessions = create({ maxPerRole: 1 })
    const [busy, other] = [await warehouse.createRole(), await warehouse.createRole()]
    await acquire(sessions, busy)
    watch(acquire(sessions, busy))
    expect((await acquire(sessions, other)).role).toBe(other)
  })

  it('are replaced when one is lost', async () => {
    const [sessions, role] = [create({ maxPerRole: 1 }), await warehouse.createRole()]
    const lost = await acquire(sessions, role)
    const waiting = acquire(sessions, role)
    await warehouse.superuser.query('select pg_terminate_backend($1)', [lost.processId])
    expect((await waiting).processId).not.toBe(lost.processId)
    expect(sessions.open()).toBe(1)
  })
})

describe('the most sessions in all', () => {
  it('are not exceeded: the idle one that was used longest ago makes room', async () => {
    const sessions = create({ maxTotal: 2 })
    const [oldest, newer, next] = [
      await warehouse.createRole(),
      await warehouse.createRole(),
      await warehouse.createRole(),
    ]
    await giveBack(sessions, await acquire(sessions, oldest))
    await giveBack(sessions, await acquire(sessions, newer))
    await acquire(sessions, next)
    expect(sessions.open()).toBe(2)
    await until(async () => expect(await warehouse.countBackends(oldest)).toBe(0))
    expect(await warehouse.countBackends(newer)).toBe(1)
  })

  it('make who finds no room wait until somebody else is done', async () => {
    const sessions = create({ maxTotal: 1 })
    const [busy, other] = [await warehouse.createRole(), await warehouse.createRole()]
    const session = await acquire(sessions, busy)
    const waiting = acquire(sessions, other)
    const watched = watch(waiting)
    await attemptInSession(session, 'select 1')
    expect(watched.outcome).toBe('pending')
    sessions.release(session)
    expect((await waiting).role).toBe(other)
    expect(sessions.open()).toBe(1)
  })

  it('count those that are just logging in', async () => {
    const roles = await Promise.all(Array.from({ length: 6 }, () => warehouse.createRole()))
    const sessions = create({ maxTotal: 3 })
    const watched = roles.map((role) => watch(acquire(sessions, role)))
    const acquired = () => watched.filter(({ outcome }) => outcome !== 'pending')
    await until(() => expect(acquired()).toHaveLength(3))
    expect(new Set(acquired().map(({ outcome }) => outcome))).toEqual(new Set(['resolved']))
    expect(sessions.open()).toBe(3)
    const backends = await Promise.all(roles.map(warehouse.countBackends))
    expect(backends.reduce((sum, count) => sum + count)).toBe(3)
  })
})

describe('who waits for a session', () => {
  it('is told after a while that there are too many', async () => {
    const sessions = create({ maxPerRole: 1, acquireTimeoutMs: 500 })
    const role = await warehouse.createRole()
    const session = await logIn(sessions, role)
    await expect(acquire(sessions, role)).rejects.toEqual(code('warehouse_busy'))
    // Nobody waits any more: the session is free for whoever comes next.
    await giveBack(sessions, session)
    expect(await acquire(sessions, role)).toBe(session)
  })

  it('stops waiting when its request ends', async () => {
    const [sessions, role] = [create({ maxPerRole: 1 }), await warehouse.createRole()]
    const session = await acquire(sessions, role)
    const request = new AbortController()
    const waiting = acquire(sessions, role, 'caller', request.signal)
    const reason = new AccessError('credential_revoked')
    request.abort(reason)
    await expect(waiting).rejects.toBe(reason)
    await giveBack(sessions, session)
    expect(await acquire(sessions, role)).toBe(session)
  })

  it('is served in the order of arrival', async () => {
    const [sessions, role] = [create({ maxPerRole: 1 }), await warehouse.createRole()]
    const session = await acquire(sessions, role)
    const served: number[] = []
    const waiting = [1, 2, 3].map(async (number) => {
      const mine = await acquire(sessions, role)
      served.push(number)
      sessions.release(mine)
    })
    sessions.release(session)
    await Promise.all(waiting)
    expect(served).toEqual([1, 2, 3])
  })
})

describe('a role that is ended', () => {
  it('loses its sessions, used and idle, in both lanes, and no other role does', async () => {
    const sessions = create({ maxPerRole: 3 })
    const [ended, other] = [await warehouse.createRole(), await warehouse.createRole()]
    const [idle, sleeping, own] = [
      await acquire(sessions, ended),
      await acquire(sessions, ended),
      await acquire(sessions, ended, 'own'),
    ]
    await giveBack(sessions, idle)
    const bystander = await acquire(sessions, other)
    const running = attemptInSession(sleeping, 'select pg_sleep(60)')

    expect(sessions.endRoles([ended])).toBe(3)

    expect([idle, sleeping, own].map(({ isDestroyed }) => isDestroyed)).toEqual([true, true, true])
    expect((await running).failure).toMatchObject({ cause: { code: 'credential_revoked' } })
    await until(async () => expect(await warehouse.countBackends(ended)).toBe(0))
    expect(await readInSession(bystander, 'select 1')).toBe('1')
    expect(sessions.open()).toBe(1)
  })

  it('leaves nobody waiting', async () => {
    const [sessions, role] = [create({ maxPerRole: 1 }), await warehouse.createRole()]
    await acquire(sessions, role)
    const waiting = acquire(sessions, role)
    watch(waiting)
    sessions.endRoles([role])
    await expect(waiting).rejects.toEqual(code('credential_revoked'))
  })

  it('also loses the session that was just logging in; who asks afterwards gets another', async () => {
    const role = await warehouse.createRole()
    const logIns: (() => void)[] = []
    const sessions = create({
      passwordOf: () => new Promise((resolve) => logIns.push(() => resolve(rolePassword))),
    })
    const before = acquire(sessions, role)
    watch(before)
    await until(() => expect(logIns).toHaveLength(1))
    sessions.endRoles([role])
    const after = acquire(sessions, role)
    logIns[0]?.()
    await expect(before).rejects.toEqual(code('credential_revoked'))
    await until(() => expect(logIns).toHaveLength(2))
    // The first log-in went through, and its session is gone.
    await until(async () => expect(await warehouse.countBackends(role)).toBe(0))
    logIns[1]?.()
    expect(await readInSession(await after, 'select session_user')).toBe(role)
    expect(sessions.open()).toBe(1)
  })

  it('may log in again where it still may', async () => {
    const [sessions, role] = [create(), await warehouse.createRole()]
    await acquire(sessions, role)
    sessions.endRoles([role, 'a role that never had any'])
    expect((await acquire(sessions, role)).role).toBe(role)
  })
})

describe('a log-in', () => {
  it('gets the password back that the role has changed itself', async () => {
    const role = await warehouse.createRole()
    let restored = 0
    const sessions = create({
      async restorePassword({ role: ofRole }) {
        restored += 1
        await warehouse.superuser.query(`alter role ${ofRole} password '${rolePassword}'`)
      },
    })
    const session = await acquire(sessions, role)
    await attemptInSession(session, `alter role current_user password 'mine now'`)
    session.destroy()
    expect((await acquire(sessions, role)).role).toBe(role)
    expect(restored).toBe(1)
    expect(observed).toContain('role_password_restored')
  })

  it('is refused for good when the right password does not help', async () => {
    const role = await warehouse.createRole(`valid until '2001-01-01'`)
    const sessions = create({ restorePassword: async () => {} })
    await expect(acquire(sessions, role)).rejects.toEqual(code('credential_revoked'))
    expect(sessions.open()).toBe(0)
  })

  it.each<[what: string, prepare: (role: string) => Promise<unknown>, expected: string]>([
    [
      'may not log in any more',
      (role) => warehouse.superuser.query(`alter role ${role} nologin`),
      'credential_revoked',
    ],
    ['has gone', (role) => warehouse.superuser.query(`drop role ${role}`), 'credential_revoked'],
    [
      'has used all its connections elsewhere',
      (role) => warehouse.superuser.query(`alter role ${role} connection limit 0`),
      'warehouse_busy',
    ],
  ])('of a role that %s is refused in words', async (_, prepare, expected) => {
    const role = await warehouse.createRole()
    await prepare(role)
    const sessions = create({ restorePassword: async () => {} })
    await expect(acquire(sessions, role)).rejects.toEqual(code(expected))
    expect(sessions.open()).toBe(0)
    await warehouse.superuser.query(`create role ${role}`).catch(() => {})
  })

  it('to a database that has gone is refused', async () => {
    const [sessions, role] = [create(), await warehouse.createRole()]
    await expect(sessions.acquire({ database: 'gone', role }, 'caller', never)).rejects.toEqual(
      code('credential_revoked'),
    )
  })

  it('without a password is refused as its keeper says', async () => {
    const sessions = create({
      passwordOf: async () => {
        throw new AccessError('store_unavailable')
      },
    })
    await expect(acquire(sessions, 'anybody')).rejects.toEqual(code('store_unavailable'))
  })
})

describe('a server that goes away', () => {
  it('is unavailable until it comes back, and then sessions work again by themselves', async () => {
    const proxy = await createTcpProxy(warehouse.addressOf(''))
    const role = await warehouse.createRole()
    const sessions = create({ host: proxy.host, port: proxy.port })
    const [idle, used] = [await acquire(sessions, role), await acquire(sessions, role)]
    await giveBack(sessions, idle)
    const running = attemptInSession(used, 'select pg_sleep(60)')

    await proxy.cut()
    await running
    await until(() => expect(sessions.open()).toBe(0))
    await expect(acquire(sessions, role)).rejects.toEqual(code('warehouse_unavailable'))

    await proxy.restore()
    expect(await readInSession(await acquire(sessions, role), 'select 1')).toBe('1')
    await proxy.close()
  })

  it('without a word keeps nobody waiting for long', async () => {
    const proxy = await createTcpProxy(warehouse.addressOf(''))
    proxy.fallSilent()
    const sessions = create({ host: proxy.host, port: proxy.port, acquireTimeoutMs: 200 })
    const refusal = acquire(sessions, await warehouse.createRole())
    await expect(refusal).rejects.toMatchObject({ status: 503 })
    await until(() => expect(sessions.open()).toBe(0))
    await proxy.close()
  })
})

describe('a role on a registered server', () => {
  const onServer = (server: string, role: string) => {
    const { database } = warehouse.addressOf(role)
    return { server, database, role }
  }

  it('logs in there, looks for names where that server has them, and is cancelled there', async () => {
    const proxy = await createTcpProxy(warehouse.addressOf(''))
    const role = await warehouse.createRole()
    const sessions = create({
      addressOf: async (server) => {
        expect(server).toBe('a')
        return { host: proxy.host, port: proxy.port, ssl: false, searchPath: '"my gis",public' }
      },
    })
    const session = await sessions.acquire(onServer('a', role), 'caller', never)
    expect(await readInSession(session, `select current_setting('search_path')`)).toBe(
      '"my gis",public',
    )
    const running = attemptInSession(session, 'select pg_sleep(60)')
    await until(async () => {
      const { rowCount } = await warehouse.superuser.query(
        `select from pg_stat_activity where usename = $1 and state = 'active'`,
        [role],
      )
      expect(rowCount).toBe(1)
    })
    session.cancel()
    expect((await running).failure).toMatchObject({ sqlstate: '57014' })
    const request = Buffer.from([0, 0, 0, 16, 4, 210, 22, 46])
    expect(proxy.sent().includes(request)).toBe(true)

    sessions.endRoles([role])
    expect(session.isDestroyed).toBe(true)
    await proxy.close()
  })

  it('never meets sessions of the same role elsewhere', async () => {
    const role = await warehouse.createRole()
    const sessions = create({ addressOf: async () => warehouse.addressOf('') })
    await giveBack(sessions, await sessions.acquire(onServer('a', role), 'caller', never))
    const elsewhere = sessions.acquire(onServer('b', role), 'caller', never)
    await expect(elsewhere).rejects.toThrow('another server')
    await expect(acquire(sessions, role)).rejects.toThrow('another server')
  })

  it('has its share of the sessions and leaves the others alone', async () => {
    const sessions = create({
      maxPerServer: 1,
      addressOf: async () => warehouse.addressOf(''),
    })
    const [one, two, three, home] = [
      await warehouse.createRole(),
      await warehouse.createRole(),
      await warehouse.createRole(),
      await warehouse.createRole(),
    ]
    const first = await sessions.acquire(onServer('a', one), 'caller', never)
    const waiting = sessions.acquire(onServer('a', two), 'caller', never)
    const watched = watch(waiting)
    await sessions.acquire(onServer('b', three), 'caller', never)
    await acquire(sessions, home)
    expect(watched.outcome).toBe('pending')
    sessions.release(first)
    expect((await waiting).role).toBe(two)
    expect(first.isDestroyed).toBe(true)
  })

  it('is refused as its address is', async () => {
    const sessions = create({
      addressOf: async () => {
        throw new AccessError('connection_not_found')
      },
    })
    await expect(sessions.acquire(onServer('a', 'anybody'), 'caller', never)).rejects.toEqual(
      code('connection_not_found'),
    )
    expect(sessions.open()).toBe(0)
  })
})

describe('closing', () => {
  it('ends every session, and refuses who waits and who comes', async () => {
    const [sessions, role] = [create({ maxPerRole: 1 }), await warehouse.createRole()]
    const session = await acquire(sessions, role)
    const waiting = acquire(sessions, role)
    watch(waiting)
    sessions.close()
    await expect(waiting).rejects.toEqual(code('shutting_down'))
    await expect(acquire(sessions, role)).rejects.toEqual(code('shutting_down'))
    expect(session.isDestroyed).toBe(true)
    expect(sessions.open()).toBe(0)
  })
})
