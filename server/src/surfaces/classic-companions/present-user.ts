import type { AccountDescription } from '../../commands/describe-account.ts'
import { type PresentedAccount, presentOwner } from './present-dataset.ts'

/** An account as a user of the classic platform. What there is none of here is null or zero. */
export function presentUser(account: PresentedAccount, description: AccountDescription): object {
  const { usage } = description
  // Clients compute with these: no quota is the largest number that they all can hold.
  const quotaBytes = usage.quotaBytes === 0 ? Number.MAX_SAFE_INTEGER : usage.quotaBytes
  return {
    ...presentOwner(account),
    email: null,
    account_type: 'POSTERN',
    organization: null,
    state: 'active',
    created_at: description.createdAt.toISOString(),
    quota_in_bytes: quotaBytes,
    db_size_in_bytes: usage.usedBytes,
    remaining_byte_quota: Math.max(0, quotaBytes - usage.usedBytes),
    table_quota: null,
    table_count: description.datasets,
    all_visualization_count: description.datasets,
    public_visualization_count: description.publicDatasets,
    owned_visualizations_count: 0,
    public_map_quota: null,
    public_map_count: 0,
  }
}
