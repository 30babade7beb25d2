import type { Principal } from './principal.ts'

export const auditActorKinds = [
  'user',
  'master_key',
  'oauth_client',
  'operator',
  'system',
  'nobody',
] as const

/** Who did something, as the audit log names them: `nobody` has not signed in yet. */
export type AuditActor = {
  readonly kind: (typeof auditActorKinds)[number]
  /** Null for what concerns the whole installation. */
  readonly accountId: string | null
  readonly id?: string
  readonly name?: string
  /** Of an OAuth client: the name of the user in whose name it acts. */
  readonly actingFor?: string
  /** Where the request came from, as `clientNetwork` tells it; absent where there was none. */
  readonly clientNetwork?: string
}

/** A principal, and where its request came from. */
export type Caller = Principal & { readonly clientNetwork?: string }

export function auditActorOf(caller: Caller): AuditActor {
  const { accountId, credentialId, credentialName, user, clientNetwork } = caller
  const from = { accountId, ...(clientNetwork !== undefined && { clientNetwork }) }
  if (user === undefined) {
    return { ...from, kind: 'master_key', id: credentialId, name: credentialName }
  }
  if (caller.kind === 'session') return { ...from, kind: 'user', id: user.id, name: user.name }
  const { clientId = credentialId } = user
  return {
    ...from,
    kind: 'oauth_client',
    id: clientId,
    name: credentialName,
    actingFor: user.name,
  }
}

/** Whoever runs the command line, in an account or in the whole installation. */
export function auditOperator(accountId: string | null): AuditActor {
  return { kind: 'operator', accountId }
}
