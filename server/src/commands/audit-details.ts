import type { Grants } from '../policy/grants.ts'
import type { AccessToken } from '../store/access-tokens.ts'
import type { RegisteredServer } from '../store/connections.ts'
import type { AuditDetails } from '../store/record-audit.ts'
import type { StoredSourceGrant } from '../store/source-grants.ts'

/** So many names go into one event. */
const maxNames = 100
/** So much of a statement. */
const maxTextLength = 500

/** What a key was granted, as the audit log tells it. */
export function auditOfGrants(grants: Grants, expiresAt: Date | null): AuditDetails {
  const { apis, tables, schemas, services } = grants
  return {
    apis,
    tables: auditNames(
      tables.map(({ schema, name, permissions }) => `${schema}.${name}: ${permissions.join(', ')}`),
    ),
    schemas: auditNames(
      schemas.map(({ name, permissions }) => `${name}: ${permissions.join(', ')}`),
    ),
    services,
    expires_at: expiresAt?.toISOString() ?? null,
  }
}

/** A list of names that does not grow without end. */
export function auditNames(names: readonly string[]): readonly string[] {
  if (names.length <= maxNames) return names
  return [...names.slice(0, maxNames), `and ${names.length - maxNames} more`]
}

/** What an access token opens, as the audit log tells it. */
export function auditOfToken(
  token: Pick<AccessToken, 'allowedApis' | 'referers' | 'expiresAt'>,
  grants: readonly Pick<StoredSourceGrant, 'source'>[],
): AuditDetails {
  return {
    apis: token.allowedApis,
    sources: auditNames(grants.map(({ source }) => auditText(source))),
    referers: auditNames(token.referers),
    expires_at: token.expiresAt?.toISOString() ?? null,
  }
}

/** Where a registered server is. How one logs in there is not told, but as whom. */
export function auditOfServer(server: RegisteredServer): AuditDetails {
  const { host, port, database, user, tls } = server
  return { host, port, database, user, tls }
}

export function auditText(text: string): string {
  return text.length <= maxTextLength ? text : `${text.slice(0, maxTextLength)}…`
}
