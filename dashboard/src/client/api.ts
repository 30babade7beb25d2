import createClient from 'openapi-fetch'
import { basePath } from './base-path.ts'
import type { paths } from './openapi.gen.d.ts'
import { send } from './send.ts'

/**
 * Every endpoint of openapi.yaml, with its types. Calls throw ApiError; use dataOf around them to have
 * what they answer.
 */
export const api = createClient<paths>({ baseUrl: basePath, fetch: send })

/** What a call answered. */
export async function dataOf<Data>(
  call: Promise<{ data?: Data; response: Response }>,
): Promise<Exclude<Data, undefined>> {
  const { data } = await call
  return data as Exclude<Data, undefined>
}
