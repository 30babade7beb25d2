import type { Account } from '../../store/accounts.ts'

/** An account with its settings, as those who manage it see it. */
export function presentAccount(
  { account, regularKeys }: { readonly account: Account; readonly regularKeys: number },
  publicUrl: string,
) {
  return {
    id: account.id,
    name: account.name,
    created_at: account.createdAt.toISOString(),
    base_url: `${publicUrl}/user/${account.name}`,
    v3_url: `${publicUrl}/v3`,
    key_quota: { limit: account.keyQuota, used: regularKeys },
    rate_limit: account.requestsPerSecond,
    engine: account.engineEnabled,
    master_on_data: account.masterOnData,
    show_once: account.showOnce,
  }
}
