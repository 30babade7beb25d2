import { getMasterToken } from '../api-keys/api/get-master-token.ts'
import type { Credential } from './credential.ts'

/**
 * The token to send: the credential's own where the page was told it, else the pasted one. The master key's
 * is told only to an owner who has just confirmed that it is them. Throws when they have not.
 */
export async function getToken(
  credential: Credential | undefined,
  pasted: string,
): Promise<string> {
  if (credential === undefined) return pasted
  const isMaster = credential.kind === 'api_key' && credential.type === 'master'
  return credential.token ?? (isMaster ? await getMasterToken() : pasted)
}
