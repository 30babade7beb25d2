import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createControlDatabase, type TestControlDatabase } from '../../test/control-database.ts'
import type { AuditActor } from '../credential/audit-actor.ts'
import {
  type AuditFilter,
  countAuditEvents,
  deleteOldAuditEvents,
  listAuditEvents,
} from './audit-events.ts'
import { inTransaction } from './database.ts'
import { recordAudit } from './record-audit.ts'

let control: TestControlDatabase

beforeAll(async () => {
  control = await createControlDatabase()
})
afterAll(() => control.close())

const ann = { kind: 'user', id: randomUUID(), name: 'ann' } as const

async function newAccount(): Promise<string> {
  const accountId = randomUUID()
  const record = (
    actor: Omit<AuditActor, 'accountId'>,
    event: Omit<Parameters<typeof recordAudit>[1], 'actor'>,
  ) => recordAudit(control.store, { actor: { accountId, ...actor }, ...event })
  await record(ann, { action: 'api_key.create', target: { id: 'key-1', name: 'app' } })
  await record(ann, { action: 'api_key.delete', target: { id: 'key-1', name: 'app' } })
  await record({ kind: 'operator' }, { action: 'account.update', target: { name: 'demo' } })
  await record(
    { kind: 'oauth_client', id: randomUUID(), name: 'editor', actingFor: 'ann' },
    { action: 'user.create', target: { name: 'ben' }, details: { level: 'viewer' } },
  )
  return accountId
}

const list = (accountId: string, filter: AuditFilter = {}, limit = 10) =>
  listAuditEvents(control.store, accountId, filter, { limit })

describe('an event', () => {
  it.each([
    `update audit_event set actor_name = 'somebody else'`,
    'delete from audit_event',
    'truncate audit_event',
  ])('stays as it is: %s', async (statement) => {
    await newAccount()
    await expect(control.store.query(statement)).rejects.toThrow(/neither changed nor deleted/)
  })

  it('is forgotten after a year, and not before', async () => {
    const accountId = await newAccount()
    const insert = (days: number) =>
      control.store.query(
        `insert into audit_event (account_id, actor_kind, action, at)
         values ($1, 'system', 'user.update', now() - make_interval(days => $2))`,
        [accountId, days],
      )
    for (const days of [366, 400, 364]) await insert(days)
    expect(await deleteOldAuditEvents(control.store, 1)).toBe(1)
    expect(await deleteOldAuditEvents(control.store, 10)).toBe(1)
    expect(await list(accountId)).toHaveLength(5)
  })

  it('goes with the change that was not made', async () => {
    const accountId = randomUUID()
    const failing = inTransaction(control.store, async (transaction) => {
      const actor = { kind: 'operator', accountId } as const
      await recordAudit(transaction, { actor, action: 'account.update', target: {} })
      throw new Error('No.')
    })
    await expect(failing).rejects.toThrow('No.')
    expect(await list(accountId)).toEqual([])
  })
})

describe('events are read', () => {
  it('of one account, the latest first, page by page without a gap or a repetition', async () => {
    const [accountId] = [await newAccount(), await newAccount()]
    const all = await list(accountId)
    expect(all).toHaveLength(4)
    const times = all.map(({ at }) => at.getTime())
    expect(times).toEqual(times.toSorted((a, b) => b - a))
    const seen = []
    for (let after = undefined as (typeof all)[number] | undefined; ; ) {
      const page = await listAuditEvents(control.store, accountId, {}, { after, limit: 1 })
      if (page.length === 0) break
      seen.push(...page)
      after = page[0]
    }
    expect(seen).toEqual(all)
  })

  it.each<[string, AuditFilter, number]>([
    ['by action', { actions: ['api_key.create', 'api_key.delete'] }, 2],
    ['by the kind of actor', { actorKind: 'operator' }, 1],
    ['by name, and by whom a client acts for', { actor: 'ann' }, 3],
    ['by id', { actor: ann.id }, 2],
    ['by the name of what it was done to', { target: 'app' }, 2],
    ['by part of a name, however it is written', { target: 'AP' }, 2],
    ['by a name that nothing has', { actor: 'an%' }, 0],
    ['by its id', { target: 'key-1' }, 2],
    ['up to a time', { to: new Date(0) }, 0],
    ['from a time on', { from: new Date(0) }, 4],
  ])('%s', async (_how, filter, count) => {
    const accountId = await newAccount()
    expect(await list(accountId, filter)).toHaveLength(count)
    expect(await countAuditEvents(control.store, accountId, filter, 2)).toBe(Math.min(count, 2))
  })
})
