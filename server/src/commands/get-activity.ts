import type { Manager } from '../credential/manager.ts'
import {
  type Activity,
  type ActivityCounts,
  type ActivityPeriod,
  type ActivityQuery,
  findActivity,
  listNamedCredentials,
  type NamedCredential,
  otherTokens,
} from '../store/activity.ts'
import type { CommandContext } from './context.ts'

/** So many credentials are told apart; what is beyond them is summed up. */
const maxCredentials = 100

export type CredentialActivity = {
  /** Undefined for those that are summed up. */
  readonly credential: NamedCredential | undefined
  readonly kind: NamedCredential['kind'] | 'other_tokens' | 'beyond'
  readonly periods: readonly ActivityPeriod[]
}

export type AccountActivity = Pick<Activity, 'periods' | 'apis'> & {
  /** The busiest first. */
  readonly credentials: readonly CredentialActivity[]
}

/**
 * How much an account's credentials were used in a stretch of time. Access tokens are told apart for
 * the user who made them, and for everybody else summed up.
 */
export async function getActivity(
  { store }: Pick<CommandContext, 'store'>,
  manager: Pick<Manager, 'accountId' | 'userId'>,
  asked: Pick<ActivityQuery, 'granularity' | 'from' | 'to' | 'credential' | 'api'>,
): Promise<AccountActivity> {
  const found = await findActivity(store, { ...manager, ...asked, maxCredentials })
  const ids = [...found.credentials.keys()].flatMap((id) =>
    id === null || id === otherTokens ? [] : [id],
  )
  const named = await listNamedCredentials(store, manager, ids)
  const byId = new Map(named.map((credential) => [credential.id, credential]))
  const credentials = [...found.credentials].flatMap(([id, periods]): CredentialActivity[] => {
    if (id === null) return [{ credential: undefined, kind: 'beyond', periods }]
    if (id === otherTokens) return [{ credential: undefined, kind: 'other_tokens', periods }]
    const credential = byId.get(id)
    // Deleted while we looked.
    return credential === undefined ? [] : [{ credential, kind: credential.kind, periods }]
  })
  const weigh = ({ periods }: CredentialActivity) => sumOf(periods).requests
  credentials.sort((a, b) => weigh(b) - weigh(a))
  return { periods: found.periods, apis: found.apis, credentials }
}

export function sumOf(periods: readonly ActivityPeriod[]): ActivityCounts {
  const total = { requests: 0, errors: 0, denials: 0 }
  for (const { requests, errors, denials } of periods) {
    total.requests += requests
    total.errors += errors
    total.denials += denials
  }
  return total
}
