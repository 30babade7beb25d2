/**
 * Everything that leaves an event in the audit log: what it was done to, and what was done. The words
 * are shown to people and filtered by.
 */
export const auditActions = [
  'account.create',
  'account.update',
  'account.delete',
  'api_key.create',
  'api_key.regenerate',
  'api_key.delete',
  'access_token.create',
  'access_token.update',
  'access_token.delete',
  'connection.create',
  'connection.update',
  'connection.delete',
  'named_source.create',
  'named_source.update',
  'named_source.delete',
  'dataset.update',
  'dataset.delete',
  'tileset.create',
  'user.create',
  'user.update',
  'user.delete',
  'invitation.create',
  'invitation.accept',
  'invitation.delete',
  'second_factor.create',
  'second_factor.delete',
  'recovery_codes.create',
  'oauth_client.create',
  'oauth_client.delete',
  'oauth_grant.create',
  'oauth_grant.delete',
  'oauth_token.delete',
  'session.create',
  'session.confirm',
  'session.refuse',
  'session.delete',
  'secrets.rotate',
] as const

export type AuditAction = (typeof auditActions)[number]

export function isAuditAction(text: string): text is AuditAction {
  const actions: readonly string[] = auditActions
  return actions.includes(text)
}
