import type { Activity } from './api/activity.ts'

/** What a credential is called, or those that are counted together. */
export function credentialTitle({
  kind,
  name,
}: Pick<Activity['credentials'][number], 'kind' | 'name'>): string {
  if (kind === 'other_tokens') return 'Access tokens of other users'
  if (kind === 'beyond') return 'All other credentials'
  return name ?? ''
}
