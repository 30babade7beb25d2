import type { AuditEvent } from './api/audit-events.ts'

/** What was done, as one says it after a name: "ann made the API key app". */
export const auditWords: Readonly<Record<AuditEvent['action'], string>> = {
  'account.create': 'made the account',
  'account.update': 'changed settings of the account',
  'account.delete': 'deleted the account',
  'api_key.create': 'made the API key',
  'api_key.regenerate': 'regenerated the API key',
  'api_key.delete': 'deleted the API key',
  'access_token.create': 'made the access token',
  'access_token.update': 'edited the access token',
  'access_token.delete': 'deleted the access token',
  'connection.create': 'registered the connection',
  'connection.update': 'changed the connection',
  'connection.delete': 'deleted the connection',
  'named_source.create': 'made the named source',
  'named_source.update': 'changed the named source',
  'named_source.delete': 'deleted the named source',
  'dataset.update': 'changed the dataset',
  'dataset.delete': 'deleted the dataset',
  'tileset.create': 'made the tileset',
  'user.create': 'added the user',
  'user.update': 'changed the user',
  'user.delete': 'deleted the user',
  'invitation.create': 'invited',
  'invitation.accept': 'accepted an invitation as',
  'invitation.delete': 'took back the invitation of',
  'second_factor.create': 'set up the second factor of',
  'second_factor.delete': 'turned off the second factor of',
  'recovery_codes.create': 'renewed the recovery codes of',
  'oauth_client.create': 'registered the OAuth client',
  'oauth_client.delete': 'deleted the OAuth client',
  'oauth_grant.create': 'let an application act for them:',
  'oauth_grant.delete': 'ended what was granted to',
  'oauth_token.delete': 'gave back a token of',
  'session.create': 'signed in as',
  'session.confirm': 'confirmed who they are as',
  'session.refuse': 'could not sign in as',
  'session.delete': 'ended a session of',
  'secrets.rotate': 'rotated the secrets',
}

/** What actions are done to, for choosing: the first word of their names. */
export const auditSubjects: readonly (readonly [subject: string, title: string])[] = [
  ['account', 'Account'],
  ['api_key', 'API keys'],
  ['access_token', 'Access tokens'],
  ['connection', 'Connections'],
  ['named_source', 'Named sources'],
  ['dataset', 'Datasets'],
  ['tileset', 'Tilesets'],
  ['user', 'Users'],
  ['invitation', 'Invitations'],
  ['session', 'Sessions'],
  ['second_factor,recovery_codes', 'Second factors'],
  ['oauth_client,oauth_grant,oauth_token', 'OAuth clients'],
]

/** Whoever did something, in words. */
export function actorTitle({ kind, name, acting_for }: AuditEvent['actor']): string {
  switch (kind) {
    case 'user':
      return name ?? 'A user'
    case 'master_key':
      return 'The master key'
    case 'oauth_client':
      return acting_for === null ? (name ?? 'An application') : `${name} for ${acting_for}`
    case 'operator':
      return 'The operator'
    case 'system':
      return 'Postern'
    default:
      return 'Somebody'
  }
}

/** What somebody did to themselves. */
const ownWords: Partial<Record<AuditEvent['action'], string>> = {
  'user.update': 'changed their own profile',
  'invitation.accept': 'accepted an invitation',
  'second_factor.create': 'set up a second factor',
  'second_factor.delete': 'turned off their second factor',
  'recovery_codes.create': 'renewed their recovery codes',
  'session.create': 'signed in',
  'session.confirm': 'confirmed who they are',
  'session.delete': 'ended a session of their own',
}

/** What was done, and the name of what it was done to; empty where there is none to say. */
export function sentenceParts({ action, actor, target }: AuditEvent): {
  readonly words: string
  readonly target: string
} {
  const own = actor.kind === 'user' && actor.name === target.name ? ownWords[action] : undefined
  if (own !== undefined) return { words: own, target: '' }
  const words = auditWords[action]
  if (target.name !== null) return { words, target: target.name }
  return { words, target: action === 'session.refuse' ? 'a user that does not exist' : '' }
}

export function auditSentence(event: AuditEvent): string {
  const { words, target } = sentenceParts(event)
  return `${words} ${target}`.trim()
}
