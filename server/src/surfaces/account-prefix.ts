import type { IncomingMessage } from 'node:http'

const accountsOfRequests = new WeakMap<IncomingMessage, string>()

/**
 * Takes `/user/NAME` off the front of a request's path and remembers NAME, so that every surface is
 * reached with and without it. Slashes that are doubled by configured base addresses are folded.
 */
export function stripAccountPrefix(request: IncomingMessage): string {
  const url = request.url ?? '/'
  const queryAt = url.search(/[?#]/)
  const path = (queryAt < 0 ? url : url.slice(0, queryAt)).replace(/\/{2,}/g, '/')
  const rest = queryAt < 0 ? '' : url.slice(queryAt)
  const match = /^\/user\/([^/]+)(\/.*)?$/.exec(path)
  const name = match?.[1] === undefined ? undefined : decodeName(match[1])
  if (name === undefined) return path + rest
  accountsOfRequests.set(request, name)
  return (match?.[2] ?? '/') + rest
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
