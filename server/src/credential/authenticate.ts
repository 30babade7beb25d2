import { AccessError } from '../errors.ts'
import type { RateLimits } from '../limits/rate-limits.ts'
import type { Observe } from '../observations.ts'
import type { SourceGrant } from '../policy/source-grant.ts'
import type { InFlightRequest, InFlightRequests } from '../revocation/in-flight.ts'
import type { Node } from '../revocation/node.ts'
import { findAccessTokenByIndex, type VerifiableAccessToken } from '../store/access-tokens.ts'
import { findActiveAccount } from '../store/accounts.ts'
import {
  findApiKeyByTokenIndex,
  findDefaultApiKey,
  type VerifiableApiKey,
} from '../store/api-keys.ts'
import { type Database, storeError } from '../store/database.ts'
import type { LoadedSourceGrant } from '../store/source-grants.ts'
import { type KeyRing, tokenIndex } from '../token/key-ring.ts'
import { defaultPublicToken, type TokenKind, tokenKindOf } from '../token/token.ts'
import type { CredentialCache } from './credential-cache.ts'
import { findOAuthAccess } from './find-oauth-access.ts'
import { findSession } from './find-session.ts'
import { type Api, apis, dataApis, type Principal } from './principal.ts'
import type { Credential } from './read-credential.ts'

/** A principal, and its request's entry among those that the end of its credential would end. */
export type Admission = { readonly principal: Principal; readonly inFlight: InFlightRequest }

export type Authenticate = (
  credential: Credential | undefined,
  accountName: string | undefined,
  /** The client's. */
  address: string,
) => Promise<Admission>

/** Whom a credential stands for, as of an epoch. */
export type Verified = { readonly principal: Principal; readonly epoch: number }

/** How often a credential is read again because something was revoked meanwhile. */
const maxAttempts = 10

/**
 * Turns a credential into the one principal of its request.
 * Throws account_not_found, account_not_named, missing_credential, invalid_credential, or
 * store_unavailable when it cannot be known that nothing was revoked: unsure means no. Throws
 * rate_limited when the address has presented too much that was none, and this is not known here.
 */
export function createAuthenticate(options: {
  readonly store: Database
  readonly keyRing: () => KeyRing
  readonly cache: CredentialCache
  readonly inFlight: InFlightRequests
  readonly node: Pick<Node, 'epoch' | 'hasLease' | 'renew'>
  readonly limits: Pick<RateLimits, 'lookAtRefusals' | 'countRefusal'>
  /** Wall-clock milliseconds. */
  readonly now: () => number
  readonly observe: Observe
}): Authenticate {
  const { store, keyRing, cache, inFlight, node, limits, now, observe } = options

  return async (credential, accountName, address) => {
    const token = credential?.token || defaultPublicToken
    const anyKind = tokenKindOf(token)
    // A cookie holds a session's token and nothing else, and nothing else holds one.
    const isInPlace = (anyKind === 'session') === (credential?.place === 'cookie')
    const kind = isInPlace ? anyKind : undefined
    if (kind === 'default' && accountName === undefined) {
      throw new AccessError(credential === undefined ? 'account_not_named' : 'invalid_credential')
    }
    if (!node.hasLease() && !(await node.renew())) throw new AccessError('store_unavailable')

    const cacheKey = cache.keyOf(accountName, token)
    const cached = kind && cache.find(cacheKey)
    if (cached !== undefined) {
      mustNotHaveExpired(cached)
      observe({ event: 'credential_verified', from: 'cache' })
      return { principal: cached, inFlight: inFlight.begin(cached) }
    }
    // Before anything is looked up: whoever guesses costs the control database nothing any more.
    if (limits.lookAtRefusals(address)?.isAllowed === false) throw new AccessError('rate_limited')
    for (let attempt = 0; attempt < maxAttempts; attempt += 1) {
      const found = kind && (await find(kind, token, accountName))
      const isOthers = accountName !== undefined && found?.principal.accountName !== accountName
      if (found === undefined || isOthers) {
        limits.countRefusal(address)
        // Contract, SQL API: an unknown account is told apart before any key is looked at.
        await mustExist(accountName)
        throw new AccessError('invalid_credential')
      }
      // Something was revoked while we read, and it may have been this: read again.
      if (found.epoch < node.epoch()) continue
      if (!node.hasLease()) throw new AccessError('store_unavailable')
      const { principal } = found
      mustNotHaveExpired(principal)
      // Whoever manages is looked up each time: it is rare, and a session lives by being seen.
      if (principal.user === undefined) cache.put(cacheKey, principal)
      observe({ event: 'credential_verified', from: 'store' })
      return { principal, inFlight: inFlight.begin(principal) }
    }
    throw new AccessError('store_unavailable')
  }

  /** Asked on every request: what is cached was once true, and time goes on. */
  function mustNotHaveExpired({ expiresAtMs }: Principal): void {
    if (expiresAtMs !== undefined && now() >= expiresAtMs) {
      throw new AccessError('invalid_credential')
    }
  }

  async function find(
    kind: TokenKind | 'default',
    token: string,
    accountName: string | undefined,
  ): Promise<Verified | undefined> {
    try {
      switch (kind) {
        case 'session':
          return await findSession(store, token, new Date(now()))
        case 'oauth':
          return await findOAuthAccess(store, token)
        case 'default':
          return verifiedKey(await findDefaultApiKey(store, accountName ?? ''))
        case 'access': {
          const found = await findAccessTokenByIndex(store, indexesOf(token))
          return found && { principal: tokenPrincipalOf(found), epoch: found.epoch }
        }
        case 'master':
        case 'regular':
          return verifiedKey(await findApiKeyByTokenIndex(store, indexesOf(token)))
        // What is exchanged for something else opens nothing itself.
        default:
          return undefined
      }
    } catch (error) {
      throw storeError(error)
    }
  }

  function indexesOf(token: string): Buffer[] {
    return keyRing().keys.map((key) => tokenIndex(key, token))
  }

  async function mustExist(accountName: string | undefined): Promise<void> {
    if (accountName === undefined) return
    // Rubbish must not reach the store: the account's public principal being cached is proof enough.
    if (cache.find(cache.keyOf(accountName, defaultPublicToken)) !== undefined) return
    const account = await findActiveAccount(store, accountName).catch((error: unknown) => {
      throw storeError(error)
    })
    if (account === undefined) throw new AccessError('account_not_found', { message: accountName })
  }
}

function verifiedKey(key: VerifiableApiKey | undefined): Verified | undefined {
  return key && { principal: principalOf(key), epoch: key.epoch }
}

/** The master key is shown with two APIs and may use every one, unless its account forbids it. */
function apisOf({ type, grants, masterOnData }: VerifiableApiKey): Api[] {
  if (type !== 'master') return [...grants.apis]
  return masterOnData ? [...apis] : apis.filter((api) => !dataApis.includes(api))
}

/** The principal that a key stands for. */
export function principalOf(key: VerifiableApiKey): Principal {
  return Object.freeze({
    accountId: key.accountId,
    accountName: key.accountName,
    credentialId: key.id,
    credentialName: key.name,
    kind: key.type,
    allowedApis: Object.freeze(apisOf(key)),
    engineEnabled: key.engineEnabled,
    ...(key.requestsPerSecond !== null && { requestsPerSecond: key.requestsPerSecond }),
    expiresAtMs: key.expiresAt?.getTime(),
    database: key.database,
    role: key.role,
    issuedAtMs: key.updatedAt.getTime(),
    mayWrite: key.grants.mayWrite,
  })
}

/** The principal that an access token stands for. */
export function tokenPrincipalOf(token: VerifiableAccessToken): Principal {
  const { database } = token
  return Object.freeze({
    accountId: token.accountId,
    accountName: token.accountName,
    credentialId: token.id,
    credentialName: token.name,
    kind: 'token',
    allowedApis: Object.freeze([...token.allowedApis]),
    engineEnabled: token.engineEnabled,
    ...(token.requestsPerSecond !== null && { requestsPerSecond: token.requestsPerSecond }),
    expiresAtMs: token.expiresAt?.getTime(),
    database,
    role: '',
    issuedAtMs: token.updatedAt.getTime(),
    mayWrite: false,
    sourceGrants: Object.freeze(token.sources.map((source) => sourceGrantOf(source, database))),
    referers: Object.freeze([...token.referers]),
  })
}

/** Throws on a row that is no whole grant: what is not understood opens nothing. */
function sourceGrantOf(source: LoadedSourceGrant, database: string): SourceGrant {
  const { connectionId, connectionName, role, isDefault, connectionDatabase } = source
  const session = isDefault
    ? { database, role }
    : { database: connectionDatabase ?? '', role, server: connectionId }
  const common = { connectionId, connectionName, session }
  const { kind, schemaName, relationName, statement, fingerprint } = source
  if (kind === 'all') return { ...common, kind }
  if (kind === 'query' && statement !== null && fingerprint !== null) {
    const name = source.namedSourceId === null ? {} : { name: source.source }
    return { ...common, kind, statement, fingerprint, ...name }
  }
  if (schemaName !== null && relationName !== null) {
    if (kind === 'table') return { ...common, kind, schema: schemaName, name: relationName }
    if (kind === 'wildcard') return { ...common, kind, schema: schemaName, prefix: relationName }
  }
  throw new Error('A grant of an access token is not whole.')
}
