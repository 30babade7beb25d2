import type { Contender } from './compare.ts'
import type { Load, LoadResult } from './http-load.ts'
import { concurrency } from './profile.ts'
import type { Worker } from './worker.ts'

/** A server, and the requests that are sent to it. */
export type HttpTarget = {
  readonly name: string
  readonly port: number
  /** Path and query, one per request. */
  readonly paths: readonly string[]
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string
  /** Takes compressed answers, as browsers do. */
  readonly acceptsGzip?: boolean
}

/** A server under load. Throws when an answer is neither 200 nor 204: errors are quick to send. */
export function httpContender(loader: Worker<Load, LoadResult>, target: HttpTarget): Contender {
  const authorization =
    target.token === undefined ? '' : `authorization: Bearer ${target.token}\r\n`
  const encoding = target.acceptsGzip === true ? 'accept-encoding: gzip\r\n' : ''
  const requests = target.paths.map(
    (path) =>
      `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1:${target.port}\r\n${authorization}${encoding}\r\n`,
  )
  return {
    name: target.name,
    async run(durationMs) {
      const { perSecond, statuses } = await loader.ask({
        port: target.port,
        requests,
        connections: concurrency,
        durationMs,
      })
      const refused = Object.keys(statuses).filter((status) => !['200', '204'].includes(status))
      if (refused.length > 0) throw new Error(`${target.name} answered ${refused.join(', ')}.`)
      return perSecond
    },
  }
}

/** One answer of a target, to look at. Throws when it is neither 200 nor 204. */
export async function fetchBody(target: HttpTarget, index: number): Promise<Buffer> {
  const response = await fetch(`http://127.0.0.1:${target.port}${target.paths[index]}`, {
    headers: {
      'accept-encoding': 'identity',
      ...(target.token !== undefined && { authorization: `Bearer ${target.token}` }),
    },
  })
  const body = Buffer.from(await response.arrayBuffer())
  if (response.status === 200 || response.status === 204) return body
  throw new Error(`${target.name} answered ${response.status}: ${body.toString('utf8')}`)
}
