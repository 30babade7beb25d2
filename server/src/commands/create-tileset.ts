import { randomUUID } from 'node:crypto'
import { auditOperator } from '../credential/audit-actor.ts'
import { AccessError } from '../errors.ts'
import type { StopSignal } from '../stop-signal.ts'
import { type Account, findActiveAccount } from '../store/accounts.ts'
import { inTransaction, type Queryable } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import {
  insertTilesetBuild,
  listTilesetBuilds,
  type TilesetBuild,
} from '../store/tileset-builds.ts'
import type { TilesetProgress } from '../tiles/build-tileset.ts'
import { checkTileset, makeTileset, type TilesetDefinition } from '../tiles/make-tileset.ts'
import type { Warehouse } from '../warehouse/run-statement.ts'
import type { CommandContext } from './context.ts'

/** How a tileset is made here and now. */
export type TilesetMaking = {
  readonly warehouse: Warehouse
  readonly deadlineMs: number
  readonly signal: StopSignal
}

const maxListed = 100

/**
 * Makes a tileset of an account's data as the account's owner, or goes on with one that was
 * interrupted. Throws account_not_found, and what `makeTileset` throws.
 */
export async function createTileset(
  context: Pick<CommandContext, 'store'>,
  accountName: string,
  definition: TilesetDefinition,
  making: TilesetMaking & { readonly told: (progress: TilesetProgress) => Promise<void> },
): Promise<void> {
  const account = await getAccount(context, accountName)
  await makeTileset({ ...making, key: keyOf(account), definition })
  await recordCreation(context.store, account, definition, 'now')
}

/**
 * Checks a tileset and puts it into the line of those that servers build. Throws as createTileset
 * does, and invalid_parameter when it is being built already.
 */
export async function queueTileset(
  context: Pick<CommandContext, 'store' | 'now'>,
  accountName: string,
  definition: TilesetDefinition,
  making: TilesetMaking,
): Promise<void> {
  const account = await getAccount(context, accountName)
  await checkTileset({ ...making, key: keyOf(account), definition })
  await inTransaction(context.store, async (transaction) => {
    const isNew = await insertTilesetBuild(transaction, {
      id: randomUUID(),
      accountId: account.id,
      ...definition.target,
      definition,
      createdAt: context.now(),
    })
    if (!isNew) {
      throw new AccessError('invalid_parameter', {
        message: 'This tileset is being built already.',
      })
    }
    await recordCreation(transaction, account, definition, 'in the background')
  })
}

/** The tilesets of an account that were to be built in the background, the newest first. */
export async function listTilesets(
  context: Pick<CommandContext, 'store'>,
  accountName: string,
): Promise<TilesetBuild[]> {
  const account = await getAccount(context, accountName)
  return listTilesetBuilds(context.store, account.id, maxListed)
}

async function recordCreation(
  transaction: Queryable,
  { id }: Account,
  { target, source }: TilesetDefinition,
  built: string,
): Promise<void> {
  await recordAudit(transaction, {
    actor: auditOperator(id),
    action: 'tileset.create',
    target: { name: `${target.schema}.${target.name}` },
    details: { source: source.kind, built },
  })
}

async function getAccount(
  { store }: Pick<CommandContext, 'store'>,
  name: string,
): Promise<Account> {
  const account = await findActiveAccount(store, name)
  if (account !== undefined) return account
  throw new AccessError('account_not_found', { message: `There is no account called '${name}'.` })
}

function keyOf({ database, ownerRole }: Account) {
  return { database, role: ownerRole }
}
