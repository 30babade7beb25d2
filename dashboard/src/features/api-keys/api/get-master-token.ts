import { askToConfirm } from '../../../client/confirmation.ts'
import { getApiKey } from './get-api-key.ts'

/** The master key's token, which an owner is told only after they have proven who they are. */
export async function getMasterToken(): Promise<string> {
  const { token } = await getApiKey('Master')
  if (token !== null) return token
  const isThem = await askToConfirm()
  const confirmed = isThem ? await getApiKey('Master') : undefined
  if (confirmed?.token) return confirmed.token
  throw new Error('The master key is shown to owners who have confirmed who they are.')
}
