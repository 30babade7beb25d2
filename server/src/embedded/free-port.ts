import { randomInt } from 'node:crypto'
import { createServer } from 'node:net'
import { EmbeddedError } from './embedded-error.ts'

/** True when a listener on this loopback port could be opened just now. */
export function isPortFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', () => resolve(false))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)))
  })
}

/**
 * A loopback port that nothing listens on. Chosen below the range from which systems number
 * outgoing connections, so that none of those sits on it at the next start.
 */
export async function getFreePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = randomInt(20_000, 30_000)
    if (await isPortFree(port)) return port
  }
  throw new EmbeddedError('No free TCP port was found on 127.0.0.1 between 20000 and 30000.')
}
