import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runAs } from '../../test/account.ts'
import { createTestContext, createTestManager } from '../../test/command-context.ts'
import { createInstallation, type TestInstallation } from '../../test/installation.ts'
import type { Manager } from '../credential/manager.ts'
import { loadStatementParser } from '../policy/statement-parser.ts'
import { findAccountById } from '../store/accounts.ts'
import { listSourceGrants } from '../store/source-grants.ts'
import { findAccessTokenRole, listAccessTokenRoles } from '../store/token-roles.ts'
import { openTokenRolePassword } from './access-token-secrets.ts'
import { createAccessToken } from './create-access-token.ts'
import { createNamedSource } from './create-named-source.ts'
import { deleteNamedSource } from './delete-named-source.ts'
import { getNamedSource, listNamedSources } from './list-named-sources.ts'
import { updateAccessToken } from './update-access-token.ts'
import { updateNamedSource } from './update-named-source.ts'

let installation: TestInstallation
let context: Awaited<ReturnType<typeof createTestContext>>
let manager: Manager
let database: string

beforeAll(async () => {
  await loadStatementParser()
  installation = await createInstallation()
  context = await createTestContext(installation)
  manager = await createTestManager(installation)
  const account = await findAccountById(context.store, manager.accountId)
  if (account === undefined) throw new Error('The account has gone.')
  database = account.database
  await runAs(
    installation,
    { database, role: account.ownerRole },
    'create table first (id int)',
    'create table second (id int)',
    'create table third (id int)',
  )
})

afterAll(async () => {
  await context.close()
  await installation.close()
})

/** What the roles of a token may read, together. */
async function readableBy(tokenId: string): Promise<string[]> {
  const readable: string[] = []
  for (const { role } of await listAccessTokenRoles(context.store, tokenId)) {
    const found = await findAccessTokenRole(context.store, role)
    if (found === undefined) throw new Error('The role has no password.')
    const password = openTokenRolePassword(context.keyRing(), found)
    const { rows } = await context.admin.logInAs({ database, role, password }, (client) =>
      client.query<{ name: string }>(
        `select relname::text as name from pg_class
         where relnamespace = 'public'::regnamespace and relkind = 'r'
           and has_table_privilege(oid, 'select') order by 1`,
      ),
    )
    readable.push(...rows.map(({ name }) => name))
  }
  return readable
}

const tokenFor = async (...sources: string[]) =>
  (
    await createAccessToken(context, manager, {
      allowed_apis: ['sql'],
      grants: sources.map((source) => ({ connection_name: 'default', source })),
    })
  ).view.id

const create = (name: string, source: string) =>
  createNamedSource(context, manager, { name, source })

const refused = (message: string) =>
  expect.objectContaining({
    code: 'invalid_named_source',
    message: expect.stringContaining(message),
  })

describe('a named source', () => {
  it('is shown, and listed by parts of its name', async () => {
    const made = await create('all-of-first', ' select id from first ; ')
    expect(made).toMatchObject({ connection_name: 'default', source: 'select id from first' })
    expect(
      await listNamedSources(context, manager, { search: 'OF-FI', limit: 9, offset: 0 }),
    ).toEqual({ total: 1, sources: [made] })
    const stranger = await createTestManager(installation)
    await expect(getNamedSource(context, stranger, 'all-of-first')).rejects.toMatchObject({
      code: 'named_source_not_found',
    })
    await expect(create('all-of-first', 'select 1')).rejects.toEqual(refused('taken'))
  })

  it.each([
    ['No-Capitals', 'select 1', 'name must'],
    ['no', 'select 1', 'name must'],
    ['no-end-', 'select 1', 'name must'],
    ['select', 'select 1', 'name must'],
    ['first', 'select 1', 'there is a table public.first'],
    ['writes', 'delete from first', 'source must be exactly one SELECT'],
    ['two-of-them', 'select 1; select 2', 'source must be exactly one SELECT'],
    ['locks', 'select * from first for update', 'source must be exactly one SELECT'],
    ['system', 'select oid from pg_catalog.pg_class', 'source'],
    ['missing', 'select * from nowhere', 'no table public.nowhere'],
    ['a-table', 'public.first', 'source must be one SELECT'],
  ])('is not %s for %s', async (name, source, sentence) => {
    await expect(create(name, source)).rejects.toEqual(refused(sentence))
  })
})

describe('a token that was granted a named source', () => {
  it('reads just what that reads, and follows it when it is edited', async () => {
    await create('followed', 'select id from first where id = @id')
    const tokenId = await tokenFor('followed', 'third')
    expect((await readableBy(tokenId)).sort()).toEqual(['first', 'third'])

    const changed = await updateNamedSource(context, manager, 'followed', {
      source: 'select id from second',
    })
    expect(changed.source).toBe('select id from second')
    expect((await readableBy(tokenId)).sort()).toEqual(['second', 'third'])
    const grants = (await listSourceGrants(context.store, [tokenId])).get(tokenId)
    expect(grants?.[0]).toMatchObject({ source: 'followed', statement: 'select id from second' })
    // An edit of the token itself keeps it.
    await updateAccessToken(context, manager, tokenId, { name: 'renamed' })
    expect((await readableBy(tokenId)).sort()).toEqual(['second', 'third'])
  })

  it('stays as it was when the new statement cannot run', async () => {
    await create('broken', 'select id from first')
    const tokenId = await tokenFor('broken')
    const update = updateNamedSource(context, manager, 'broken', {
      source: 'select nothing from second',
    })
    await expect(update).rejects.toEqual(refused('nothing'))
    expect(await readableBy(tokenId)).toEqual(['first'])
    const { statement } = await getNamedSource(context, manager, 'broken')
    expect(statement).toBe('select id from first')
  })

  it('follows it though a table beside it has gone', async () => {
    await runAs(
      installation,
      {
        database,
        role: (await findAccountById(context.store, manager.accountId))?.ownerRole ?? '',
      },
      'create table fleeting (id int)',
    )
    await create('beside', 'select id from first')
    const tokenId = await tokenFor('beside', 'fleeting')
    await context.admin.on(database).query('drop table public.fleeting')
    await updateNamedSource(context, manager, 'beside', { source: 'select id from third' })
    expect(await readableBy(tokenId)).toEqual(['third'])
  })

  it('loses it when it is deleted, and keeps the rest', async () => {
    await create('doomed', 'select id from first')
    const [both, alone] = [await tokenFor('doomed', 'third'), await tokenFor('doomed')]
    await deleteNamedSource(context, manager, 'doomed')
    expect(await readableBy(both)).toEqual(['third'])
    expect(await readableBy(alone)).toEqual([])
    expect((await listSourceGrants(context.store, [alone])).get(alone)).toEqual([])
  })
})
