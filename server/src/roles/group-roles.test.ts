import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createAccount, runAs } from '../../test/account.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Account } from '../store/accounts.ts'
import { inTransaction, type Queryable } from '../store/database.ts'
import { findOrCreateGroupRoles } from './group-roles.ts'
import type { ResolvedGrants } from './resolve-grants.ts'

let installation: TestInstallation
let account: Account

beforeAll(async () => {
  installation = await createInstallation()
  account = await createAccount(installation)
})

afterAll(() => installation.close())

const asOwner = (...statements: string[]) =>
  runAs(installation, { ...account, role: account.ownerRole }, ...statements)

async function selectOn(name: string): Promise<ResolvedGrants> {
  const { rows } = await installation.admin
    .on(account.database)
    .query<{ oid: number }>('select oid from pg_class where relname = $1', [name])
  return {
    tables: [{ oid: rows[0]?.oid ?? 0, verbs: ['select'] }],
    usageSchemas: [],
    createSchemas: [],
  }
}

const inAccount = <T>(work: (transaction: Queryable) => Promise<T>): Promise<T> =>
  inTransaction(installation.admin.on(account.database), work)

describe('findOrCreateGroupRoles', () => {
  it('never grants another table that took the name in the meantime', async () => {
    await asOwner('create table meant (id int)', 'create table secret (id int)')
    const grants = await selectOn('meant')
    await expect(
      inAccount((transaction) => {
        // The owner swaps the two tables just before the GRANT, which goes by the name.
        const query = async (...given: unknown[]) => {
          if (typeof given[0] === 'string' && given[0].startsWith('grant')) {
            await asOwner('alter table meant rename to other', 'alter table secret rename to meant')
          }
          return Reflect.apply(transaction.query, transaction, given)
        }
        const swapping = { query } as unknown as Queryable
        return findOrCreateGroupRoles(installation.admin, swapping, grants, randomBytes)
      }),
    ).rejects.toMatchObject({ code: 'invalid_grants' })
    const { rows } = await installation.admin
      .on(account.database)
      .query(`select relacl from pg_class where relname in ('meant', 'other')`)
    expect(rows).toEqual([{ relacl: null }, { relacl: null }])
  })

  it('makes others wait for the same table, and not for another', async () => {
    await asOwner('create table contended (id int)', 'create table quiet (id int)')
    const contended = await selectOn('contended')
    const quiet = await selectOn('quiet')
    const find = (transaction: Queryable, grants: ResolvedGrants) =>
      findOrCreateGroupRoles(installation.admin, transaction, grants, randomBytes)

    const { first, second } = await inAccount(async (holder) => {
      const made = await find(holder, contended)
      const waiting = inAccount((transaction) => find(transaction, contended))
      // Does not wait, although the other one does.
      await inAccount((transaction) => find(transaction, quiet))
      await expect
        .poll(async () => {
          const { rowCount } = await installation.admin.cluster.query(
            `select from pg_locks where locktype = 'advisory' and not granted
               and database = (select oid from pg_database where datname = $1)`,
            [account.database],
          )
          return rowCount
        })
        .toBe(1)
      return { first: made, second: waiting }
    })
    expect(await second).toEqual(first)
  })

  it('makes nothing for nothing', async () => {
    const nothing = { tables: [], usageSchemas: [], createSchemas: [] }
    expect(
      await inAccount((transaction) =>
        findOrCreateGroupRoles(installation.admin, transaction, nothing, randomBytes),
      ),
    ).toEqual([])
  })
})
