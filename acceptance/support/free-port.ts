import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'

/** Below the range from which systems number outgoing connections, and beside that of PostgreSQL. */
const firstPort = 10_000
const portsPerWorker = 1_000

const worker = Number(process.env.VITEST_POOL_ID ?? '1') % 9
let next = randomInt(portsPerWorker)

/**
 * A TCP port of the loopback that nobody listens on at the moment, and that no other test of this run
 * is given: servers are started on it a while later, and again after they were stopped.
 */
export async function getFreePort(): Promise<number> {
  for (let attempt = 0; attempt < portsPerWorker; attempt += 1) {
    next = (next + 1) % portsPerWorker
    const port = firstPort + worker * portsPerWorker + next
    if (await isFree(port)) return port
  }
  throw new Error('No free port.')
}

function isFree(port: number): Promise<boolean> {
  const server = createServer()
  return new Promise((resolve) => {
    server.once('error', () => resolve(false))
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)))
  })
}
