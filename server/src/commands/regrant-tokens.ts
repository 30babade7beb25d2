import type { Manager } from '../credential/manager.ts'
import { AccessError } from '../errors.ts'
import type { RequestedSource } from '../policy/parse-token-request.ts'
import type { AccessToken } from '../store/access-tokens.ts'
import type { Account } from '../store/accounts.ts'
import { type LoadedSourceGrant, listSourceGrants } from '../store/source-grants.ts'
import type { CommandContext } from './context.ts'
import { planSourceGrants, type SourcePlan } from './plan-source-grants.ts'
import { remakeToken } from './remake-token.ts'

type PlanOptions = Parameters<typeof planSourceGrants>[3]

/**
 * Makes the roles of tokens anew for what `change` makes of each of their grants; undefined takes it
 * away. Whoever's tokens they are, they follow what they were granted by. A grant beside it that stands
 * for nothing any more (its table is gone) is left out: it opened nothing.
 * Throws invalid_token_request when the changed grant itself cannot be; the tokens before are done then.
 */
export async function regrantTokens(
  context: CommandContext,
  manager: Pick<Manager, 'actor' | 'mustStillHold'>,
  account: Account,
  tokens: readonly AccessToken[],
  change: (grant: LoadedSourceGrant) => RequestedSource | undefined,
  edited?: PlanOptions['edited'],
): Promise<void> {
  const grants = await listSourceGrants(
    context.store,
    tokens.map(({ id }) => id),
  )
  for (const token of tokens) {
    const { allowedApis } = token
    const opens = allowedApis.includes('sql') || allowedApis.includes('maps')
    const options = { opens, ...(edited !== undefined && { edited }) }
    const wanted = (grants.get(token.id) ?? []).flatMap((grant) => {
      const requested = change(grant)
      return requested === undefined ? [] : [{ requested, isChanged: requested !== grant }]
    })
    const plan = await planWhatStands(context, account, wanted, options)
    await remakeToken(context, manager, {
      account,
      token,
      plan,
      edited: { ...token, updatedAt: context.now() },
    })
    context.observe({ event: 'access_token_updated', credentialId: token.id })
  }
}

async function planWhatStands(
  context: CommandContext,
  account: Account,
  wanted: readonly { readonly requested: RequestedSource; readonly isChanged: boolean }[],
  options: PlanOptions,
): Promise<SourcePlan> {
  const plan = (requested: readonly RequestedSource[]) =>
    planSourceGrants(context, account, requested, options)
  const standing: RequestedSource[] = []
  for (const { requested, isChanged } of wanted) {
    try {
      await plan([requested])
      standing.push(requested)
    } catch (error) {
      const isGone = error instanceof AccessError && error.code === 'invalid_token_request'
      if (!isGone || isChanged) throw error
    }
  }
  return plan(standing)
}
