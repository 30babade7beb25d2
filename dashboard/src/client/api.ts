import createClient from 'openapi-fetch'
import type { paths } from './openapi.gen.d.ts'
import { send } from './send.ts'
import { serverAddress } from './server-address.ts'

/**
 * Every endpoint of openapi.yaml, with its types. Calls throw ApiError; use dataOf around them to have
 * what they answer.
 */
export const api = createClient<paths>({ baseUrl: serverAddress, fetch: send })

/** What a call answered. */
export async function dataOf<Data>(
  call: Promise<{ data?: Data; response: Response }>,
): Promise<Exclude<Data, undefined>> {
  const { data } = await call
  return data as Exclude<Data, undefined>
}
