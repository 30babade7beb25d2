import { randomUUID } from 'node:crypto'
import { AccessError } from '../errors.ts'
import { numberParameters } from '../policy/number-parameters.ts'
import { insertAccessToken, lockAccessToken } from '../store/access-tokens.ts'
import { type Account, findAccountById } from '../store/accounts.ts'
import { inRetriedTransaction, inTransaction } from '../store/database.ts'
import { randomBase62 } from '../token/base62.ts'
import { mintToken } from '../token/token.ts'
import { sealAccessToken } from './access-token-secrets.ts'
import { clearUnfinishedToken } from './clear-unfinished-token.ts'
import type { CommandContext } from './context.ts'
import { insertPlannedRoles, makeTokenRoles, type QueryDescription } from './make-token-roles.ts'
import type { ActingManager } from './operator.ts'
import { planSourceGrants, type SourcePlan } from './plan-source-grants.ts'

/** What a grant would open, or why it cannot be. */
export type SourceCheck =
  | {
      readonly ok: true
      readonly kind: 'table' | 'wildcard' | 'all'
    }
  | {
      readonly ok: true
      readonly kind: 'query'
      /** The query itself: of a named source, what it stands for. */
      readonly statement: string
      readonly isNamedSource: boolean
      readonly columns: QueryDescription['columns']
      /** As they are written, `$1` or `@name`. */
      readonly parameters: readonly { readonly name: string; readonly type: string }[]
    }
  | { readonly ok: false; readonly message: string; readonly position: number | undefined }

/** A role that a crash leaves behind can log in for so long. */
const lifetimeMs = 60_000

/**
 * Says what a grant of an access token would open, without making one. A query is looked at as the
 * role that it would run as, which is made for this and taken away again; it is not run.
 */
export async function checkTokenSource(
  context: CommandContext,
  manager: ActingManager,
  asked: { readonly connectionName: string; readonly source: string },
): Promise<SourceCheck> {
  const account = await findAccountById(context.store, manager.accountId)
  if (account === undefined) throw new AccessError('credential_revoked')
  try {
    const plan = await planSourceGrants(context, account, [asked], { opens: true })
    const [grant] = plan.grants
    if (grant === undefined) throw new Error('A grant that was planned is not there.')
    if (grant.kind !== 'query' || grant.statement === null) {
      return { ok: true, kind: grant.kind as 'table' | 'wildcard' | 'all' }
    }
    const { columns, parameterTypes } = await describeQuery(context, manager, account, plan)
    const { names } = numberParameters(grant.statement)
    return {
      ok: true,
      kind: 'query',
      statement: grant.statement,
      isNamedSource: grant.namedSourceId !== null,
      columns,
      parameters: parameterTypes.map((type, index) => ({
        name: names.length > 0 ? `@${names[index]}` : `$${index + 1}`,
        type,
      })),
    }
  } catch (error) {
    if (!(error instanceof AccessError) || error.code !== 'invalid_token_request') throw error
    const { field = '', position } = error.facts
    return { ok: false, message: sentenceOf(error.message, field), position }
  }
}

/**
 * What PostgreSQL makes of a query as the role that it would run as: that of a token which is begun
 * as any other and never finished, so that a crash leaves nothing that is not cleared away.
 */
async function describeQuery(
  context: CommandContext,
  manager: ActingManager,
  account: Account,
  plan: SourcePlan,
): Promise<QueryDescription> {
  const { store, randomBytes } = context
  const now = context.now()
  const id = randomUUID()
  const roles = await inRetriedTransaction(store, async (transaction) => {
    const secrets = sealAccessToken(
      context.keyRing(),
      id,
      mintToken('access', randomBytes),
      randomBytes,
    )
    await insertAccessToken(
      transaction,
      {
        id,
        accountId: account.id,
        userId: manager.userId,
        name: `check ${randomBase62(16, randomBytes)}`,
        state: 'pending',
        allowedApis: ['sql'],
        referers: [],
        expiresAt: new Date(now.getTime() + lifetimeMs),
        createdAt: now,
        updatedAt: now,
      },
      secrets,
    )
    return insertPlannedRoles(transaction, context, id, plan.roles)
  })
  try {
    return await inTransaction(store, async (transaction) => {
      // Held meanwhile: it tells the reconciler that this row has a living maker.
      if (!(await lockAccessToken(transaction, id, ['pending']))) {
        throw new Error('The row of a check was taken for an abandoned one.')
      }
      await manager.mustStillHold(transaction)
      const expiresAt = new Date(now.getTime() + lifetimeMs)
      const [query] = await makeTokenRoles(context, transaction, { account, expiresAt }, roles)
      if (query === undefined) throw new Error('A query that was planned was not looked at.')
      return query
    })
  } finally {
    await clearUnfinishedToken(context, account, id)
  }
}

/** A refusal that names its field, as a sentence about what was checked. */
function sentenceOf(message: string, field: string): string {
  const predicate = message.startsWith(field) ? message.slice(field.length) : message
  const sentence = predicate.startsWith(': ') ? predicate.slice(2) : `It${predicate}`
  return `${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}.`
}
