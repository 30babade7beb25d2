import { hash } from 'node:crypto'
import type { Principal } from './principal.ts'

/**
 * Verified credentials of this process. It keeps no token: entries are found by a hash that starts
 * with a key that dies with the process. Whoever fills it must know that nothing has been revoked between the
 * reading and the filling.
 */
export type CredentialCache = {
  /** The name a token has in this cache. */
  keyOf(accountName: string | undefined, token: string): string
  find(key: string): Principal | undefined
  put(key: string, principal: Principal): void
  /** Forgets a credential under every name it has here. */
  evict(matches: { credentialId?: string; accountId?: string }): void
  size(): number
}

export function createCredentialCache(options: {
  readonly maxEntries: number
  readonly processKey: Buffer
}): CredentialCache {
  const processKey = options.processKey.toString('base64')
  // A Map keeps insertion order: the first entry is the one used longest ago.
  const entries = new Map<string, Principal>()
  const keysOfCredential = new Map<string, Set<string>>()
  const credentialsOfAccount = new Map<string, Set<string>>()

  function remove(key: string): void {
    const principal = entries.get(key)
    if (principal === undefined) return
    entries.delete(key)
    removeFrom(keysOfCredential, principal.credentialId, key)
    if (!keysOfCredential.has(principal.credentialId)) {
      removeFrom(credentialsOfAccount, principal.accountId, principal.credentialId)
    }
  }

  function evictCredential(credentialId: string): void {
    for (const key of [...(keysOfCredential.get(credentialId) ?? [])]) remove(key)
  }

  return {
    keyOf: (accountName, token) =>
      hash('sha256', `${processKey}\n${accountName ?? ''}\n${token}`, 'base64'),
    find(key) {
      const principal = entries.get(key)
      if (principal !== undefined) {
        entries.delete(key)
        entries.set(key, principal)
      }
      return principal
    },
    put(key, principal) {
      remove(key)
      entries.set(key, principal)
      addTo(keysOfCredential, principal.credentialId, key)
      addTo(credentialsOfAccount, principal.accountId, principal.credentialId)
      if (entries.size > options.maxEntries) {
        const oldest = entries.keys().next().value
        if (oldest !== undefined) remove(oldest)
      }
    },
    evict({ credentialId, accountId }) {
      if (credentialId !== undefined) evictCredential(credentialId)
      if (accountId !== undefined) {
        for (const id of [...(credentialsOfAccount.get(accountId) ?? [])]) evictCredential(id)
      }
    },
    size: () => entries.size,
  }
}

function addTo(index: Map<string, Set<string>>, key: string, value: string): void {
  const values = index.get(key)
  if (values === undefined) index.set(key, new Set([value]))
  else values.add(value)
}

function removeFrom(index: Map<string, Set<string>>, key: string, value: string): void {
  const values = index.get(key)
  values?.delete(value)
  if (values?.size === 0) index.delete(key)
}
