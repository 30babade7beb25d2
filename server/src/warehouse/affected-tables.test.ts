import { describe, expect, test } from 'vitest'
import { AccessError } from '../errors.ts'
import { createStopController } from '../stop-signal.ts'
import { createAffectedTables, relationsIn } from './affected-tables.ts'
import type { RunOptions, Warehouse } from './run-statement.ts'

test('finds the relations of a plan wherever they stand, each once', () => {
  const scan = (name: string) => ({
    'Node Type': 'Seq Scan',
    Schema: 'public',
    'Relation Name': name,
  })
  const plan = [
    {
      Plan: {
        'Node Type': 'Hash Join',
        Plans: [scan('b'), { 'Node Type': 'Hash', Plans: [scan('a'), scan('b')] }],
      },
    },
  ]
  expect(relationsIn(plan)).toEqual([
    { schema: 'public', name: 'a' },
    { schema: 'public', name: 'b' },
  ])
  expect(relationsIn([{ Plan: { 'Node Type': 'Result' } }])).toEqual([])
})

describe('what is remembered', () => {
  const options = (role: string) => ({
    key: { database: 'db', role },
    deadlineMs: 1_000,
    signal: createStopController().signal,
  })

  /** Answers every statement with a plan that reads nothing, and counts them. */
  function countingWarehouse(fail?: () => never) {
    const asked: RunOptions[] = []
    const run = async (runOptions: RunOptions) => {
      asked.push(runOptions)
      fail?.()
      return [{ Plan: { 'Node Type': 'Result' } }]
    }
    return { asked, warehouse: { run } as unknown as Warehouse }
  }

  test('is what one role asked, word for word', async () => {
    const { asked, warehouse } = countingWarehouse()
    const tables = createAffectedTables(warehouse)
    for (const role of ['a', 'a', 'b'])
      expect(await tables.find(options(role), 'select 1')).toEqual([])
    await tables.find(options('a'), 'select 2')
    expect(asked.map(({ key, lane }) => `${key.role} ${lane}`)).toEqual([
      'a reader',
      'b reader',
      'a reader',
    ])
  })

  test('is not that something failed, nor what is too long', async () => {
    const { asked, warehouse } = countingWarehouse(() => {
      throw new AccessError('statement_timed_out')
    })
    const tables = createAffectedTables(warehouse)
    expect(await tables.find(options('a'), 'select 1')).toBeUndefined()
    expect(await tables.find(options('a'), 'select 1')).toBeUndefined()
    expect(asked).toHaveLength(2)
    expect(await tables.find(options('a'), `select '${'x'.repeat(40_000)}'`)).toBeUndefined()
    expect(asked).toHaveLength(2)
  })

  test('a request that has ended learns nothing', async () => {
    const controller = createStopController()
    const { warehouse } = countingWarehouse(() => {
      controller.abort(new AccessError('credential_revoked'))
      throw new AccessError('credential_revoked')
    })
    const found = createAffectedTables(warehouse).find(
      { ...options('a'), signal: controller.signal },
      'select 1',
    )
    await expect(found).rejects.toMatchObject({ code: 'credential_revoked' })
  })
})
