import { createConnection } from 'node:net'
import { performance } from 'node:perf_hooks'
import { createResponseReader } from './response-reader.ts'

/** What to send, to whom, and for how long. Every request is whole, as it goes over the wire. */
export type Load = {
  readonly port: number
  readonly requests: readonly string[]
  readonly connections: number
  readonly durationMs: number
}

export type LoadResult = {
  readonly perSecond: number
  /** Responses by status. */
  readonly statuses: Readonly<Record<number, number>>
}

/**
 * Sends the requests round and round over kept-alive connections, one at a time on each, until the
 * time is over. Counts from the first answer to the last one that came in time, so that filling and
 * emptying the server is not measured. Throws when a connection ends early.
 */
export async function runLoad(load: Load): Promise<LoadResult> {
  const requests = load.requests.map((text) => Buffer.from(text, 'latin1'))
  const statuses: Record<number, number> = {}
  let next = 0
  let completed = 0
  let firstAt = 0
  let lastAt = 0
  const deadline = performance.now() + load.durationMs

  function count(status: number, now: number): void {
    statuses[status] = (statuses[status] ?? 0) + 1
    if (completed === 0) firstAt = now
    lastAt = now
    completed += 1
  }

  const keepBusy = () =>
    new Promise<void>((resolve, reject) => {
      const socket = createConnection({ host: '127.0.0.1', port: load.port, noDelay: true })
      const sendNext = () => {
        socket.write(requests[next % requests.length] ?? '')
        next += 1
      }
      const read = createResponseReader((status) => {
        const now = performance.now()
        if (now <= deadline) {
          count(status, now)
          sendNext()
        } else {
          socket.destroy()
          resolve()
        }
      })
      socket.on('data', (chunk) => read(chunk))
      socket.on('error', reject)
      socket.on('end', () => reject(new Error('The server closed a connection.')))
      socket.on('connect', sendNext)
    })
  await Promise.all(Array.from({ length: load.connections }, keepBusy))
  const perSecond = completed < 2 ? 0 : (1_000 * (completed - 1)) / (lastAt - firstAt)
  return { perSecond, statuses }
}
