import { auditOperator } from '../credential/audit-actor.ts'
import { AccessError } from '../errors.ts'
import type { Receipt } from '../revocation/revoke.ts'
import { endSessions } from '../roles/end-sessions.ts'
import {
  type Account,
  type AccountSettings,
  findActiveAccount,
  updateAccountSettings,
} from '../store/accounts.ts'
import { deleteTokenEnvelopes, listAllApiKeys } from '../store/api-keys.ts'
import { inRetriedTransaction, type Queryable } from '../store/database.ts'
import { recordAudit } from '../store/record-audit.ts'
import type { CommandContext } from './context.ts'
import type { ActingManager } from './operator.ts'

type Setter = Pick<ActingManager, 'actor' | 'mustStillHold'>

/**
 * Changes what holds for an account; what is not given stays. When it resolves the change holds on
 * every node: what it takes away has ended, answers under way and database sessions included. With
 * `showOnce`, what was kept of tokens to show them again is gone.
 * `setter` is whoever changes it; absent: the operator. Throws account_not_found.
 */
export async function setAccount(
  context: CommandContext,
  name: string,
  settings: Partial<AccountSettings>,
  setter?: Setter,
): Promise<Account> {
  const account = await findActiveAccount(context.store, name)
  if (account === undefined) throw notFound(name)
  const { keyQuota, engineEnabled, masterOnData, requestsPerSecond, showOnce } = settings
  const place = { account, setter: setter ?? operatorOf(account) }
  if (keyQuota !== undefined) await setForMakers(context, place, { keyQuota })
  if (showOnce !== undefined) await setForMakers(context, place, { showOnce })
  if (requestsPerSecond !== undefined) {
    await revoke(context, place, { kind: 'account_settings' }, { requestsPerSecond })
  }
  if (engineEnabled !== undefined) await setEngine(context, place, engineEnabled)
  if (masterOnData !== undefined) await setMasterOnData(context, place, masterOnData)
  context.observe({ event: 'account_changed', account: name, ...settings })
  const changed = await findActiveAccount(context.store, name)
  if (changed === undefined) throw notFound(name)
  return changed
}

/** The account that is changed, and who changes it. */
type Place = { readonly account: Account; readonly setter: Setter }

async function change(
  transaction: Queryable,
  { account, setter }: Place,
  settings: Partial<AccountSettings>,
): Promise<boolean> {
  await setter.mustStillHold(transaction)
  if (!(await updateAccountSettings(transaction, account.id, settings))) return false
  if (settings.showOnce) await deleteTokenEnvelopes(transaction, account.id)
  await recordAudit(transaction, {
    actor: setter.actor,
    action: 'account.update',
    target: account,
    details: settings,
  })
  return true
}

/** What no credential ends by: whoever makes one holds the account's row and reads it there. */
async function setForMakers(
  { store }: CommandContext,
  place: Place,
  settings: Partial<AccountSettings>,
): Promise<void> {
  const isSet = await inRetriedTransaction(store, (transaction) =>
    change(transaction, place, settings),
  )
  if (!isSet) throw notFound(place.account.name)
}

async function setEngine(
  context: CommandContext,
  place: Place,
  engineEnabled: boolean,
): Promise<void> {
  const kind = engineEnabled ? 'account_settings' : 'regular_keys'
  await revoke(context, place, { kind }, { engineEnabled })
  if (engineEnabled) return
  const keys = await listAllApiKeys(context.store, place.account.id)
  const regular = keys.filter((key) => key.type === 'regular')
  await endSessions(
    context.admin,
    regular.map((key) => key.role),
  )
}

async function setMasterOnData(
  context: CommandContext,
  place: Place,
  masterOnData: boolean,
): Promise<void> {
  const { account } = place
  const master = (await listAllApiKeys(context.store, account.id)).find(
    (key) => key.type === 'master',
  )
  await revoke(
    context,
    place,
    masterOnData || master === undefined
      ? { kind: 'account_settings' }
      : { kind: 'api_key', credentialId: master.id, roles: [master.role] },
    { masterOnData },
  )
  if (!masterOnData) await endSessions(context.admin, [account.ownerRole])
}

/** Changes a setting in the transaction that tells every node to look again. */
async function revoke(
  { revoker }: CommandContext,
  place: Place,
  what: {
    readonly kind: 'account_settings' | 'regular_keys' | 'api_key'
    readonly credentialId?: string
    readonly roles?: readonly string[]
  },
  settings: Partial<AccountSettings>,
): Promise<Receipt> {
  const { kind, credentialId = null, roles = [] } = what
  const receipt = await revoker.revoke(
    { kind, accountId: kind === 'api_key' ? null : place.account.id, credentialId, roles },
    (transaction) => change(transaction, place, settings),
  )
  if (receipt === undefined) throw notFound(place.account.name)
  return receipt
}

/** The command line, which stands for nobody whose credential could end. */
function operatorOf({ id }: Account): Setter {
  return { actor: auditOperator(id), mustStillHold: async () => {} }
}

function notFound(name: string): AccessError {
  return new AccessError('account_not_found', {
    message: `There is no account called '${name}'.`,
  })
}
