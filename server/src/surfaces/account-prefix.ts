import type { IncomingMessage } from 'node:http'

const accountsOfRequests = new WeakMap<IncomingMessage, string>()

/**
 * Clients of self-hosted installations are configured with `https://HOST/api` and put `/v3/...`
 * behind it. What the classic platform has under `/api/v3` stays where it is; of `/api/v3/sql`, where
 * `v3` could be the version of the classic SQL API, only what that API does not have.
 */
const v3UnderApi =
  /^\/api(?=\/v3\/(?:(?:maps|stats|tokens|connections|named-sources|lds|imports)(?:\/|$)|sql\/(?:jobs\/?$|[^/]+\/(?:query|job|model)(?:\/|$))))/
const accountUnderApi = /^\/api(?=\/user\/[^/]+\/v3\/)/

/**
 * Takes `/user/NAME` off the front of a request's path and remembers NAME, so that every surface is
 * reached with and without it; and `/api` where it stands in front of the v3 API. Slashes that are
 * doubled by configured base addresses are folded.
 */
export function stripAccountPrefix(request: IncomingMessage): string {
  const url = request.url ?? '/'
  const queryAt = url.search(/[?#]/)
  const path = (queryAt < 0 ? url : url.slice(0, queryAt))
    .replace(/\/{2,}/g, '/')
    .replace(accountUnderApi, '')
  const rest = queryAt < 0 ? '' : url.slice(queryAt)
  const match = /^\/user\/([^/]+)(\/.*)?$/.exec(path)
  const name = match?.[1] === undefined ? undefined : decodeName(match[1])
  if (name !== undefined) accountsOfRequests.set(request, name)
  const inside = name === undefined ? path : (match?.[2] ?? '/')
  return inside.replace(v3UnderApi, '') + rest
}

/** The account that the path of this request names; undefined when it names none. */
export function accountOfPath(request: IncomingMessage): string | undefined {
  return accountsOfRequests.get(request)
}

function decodeName(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}
