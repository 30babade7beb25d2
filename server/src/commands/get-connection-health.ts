import type { Manager } from '../credential/manager.ts'
import { AccessError } from '../errors.ts'
import { openConnectionPassword } from '../roles/connection-password.ts'
import type { Finding } from '../roles/finding.ts'
import { findAccountById } from '../store/accounts.ts'
import {
  findRegisteredConnection,
  isRegistered,
  type RegisteredConnection,
} from '../store/connections.ts'
import { checkConnection, isProblem } from './check-connection.ts'
import type { CommandContext } from './context.ts'
import { getConnectionOf } from './get-connection.ts'

/** How a connection does right now. */
export type ConnectionHealth = {
  /** `degraded`: it answers, and lacks something that it needs. */
  readonly status: 'ready' | 'degraded' | 'unreachable'
  /** Why it cannot be reached; null where it can. */
  readonly reason: string | null
  /** As `18.1`; null where it could not be asked. */
  readonly serverVersion: string | null
  readonly postgisVersion: string | null
  /** How long the whole check took. */
  readonly durationMs: number
  readonly checkedAt: Date
  readonly findings: readonly Finding[]
}

type Answer = Pick<ConnectionHealth, 'serverVersion' | 'postgisVersion' | 'findings'>

/**
 * Asks the server of a connection how it does; a registered one is looked at as it is when it is
 * registered. That it cannot be reached is an answer. Throws connection_not_found.
 */
export async function getConnectionHealth(
  context: CommandContext,
  manager: Pick<Manager, 'accountId'>,
  nameOrId: string,
): Promise<ConnectionHealth> {
  const connection = await getConnectionOf(context, manager, nameOrId)
  const startedAt = context.now()
  const finish = (answer: Answer | AccessError): ConnectionHealth => {
    const common = {
      durationMs: context.now().getTime() - startedAt.getTime(),
      checkedAt: startedAt,
    }
    if (answer instanceof AccessError) {
      const { message: reason } = answer
      const nothing = { serverVersion: null, postgisVersion: null, findings: [] }
      return { status: 'unreachable', reason, ...nothing, ...common }
    }
    const status = answer.findings.some(isProblem) ? 'degraded' : 'ready'
    return { status, reason: null, ...answer, ...common }
  }
  try {
    return finish(
      isRegistered(connection)
        ? await askRegistered(context, connection)
        : await askOwn(context, manager.accountId),
    )
  } catch (error) {
    const isAway =
      error instanceof AccessError && ['server_unreachable', 'server_refused'].includes(error.code)
    if (isAway) return finish(error)
    throw error
  }
}

async function askRegistered(
  context: CommandContext,
  { id, server }: RegisteredConnection,
): Promise<Answer> {
  const secret = await findRegisteredConnection(context.store, id)
  if (secret === undefined) throw new AccessError('connection_not_found')
  const password = openConnectionPassword(context.keyRing(), id, secret)
  const { facts, findings } = await checkConnection(context, server, password)
  return {
    serverVersion: facts === undefined ? null : versionText(facts.serverVersionNum),
    postgisVersion: facts?.postgisVersion ?? null,
    findings,
  }
}

async function askOwn(context: CommandContext, accountId: string): Promise<Answer> {
  const account = await findAccountById(context.store, accountId)
  if (account === undefined) throw new AccessError('connection_not_found')
  const { admin } = context
  const { rows } = await admin
    .on(account.database)
    .query<{ version: string }>(
      `select extversion as version from pg_extension where extname = 'postgis'`,
    )
    .catch((cause: unknown) => {
      throw new AccessError('server_unreachable', {
        message: "The account's database cannot be reached right now.",
        cause,
      })
    })
  return {
    serverVersion: versionText(admin.serverVersionNum),
    postgisVersion: rows[0]?.version ?? null,
    findings: [],
  }
}

/** 180001 is 18.1. */
function versionText(serverVersionNum: number): string {
  return `${Math.floor(serverVersionNum / 10_000)}.${serverVersionNum % 10_000}`
}
