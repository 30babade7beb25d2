import { createServer } from 'node:http'
import { getFreePort } from './free-port.ts'
import type { Site } from './map-page.ts'

/** Serves one empty page on a port of its own, which is what makes a site of it. */
export async function servePlainSite(): Promise<Site> {
  const port = await getFreePort()
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'text/html; charset=utf-8')
    response.end('<!doctype html><title>A site</title><p>It asks with a token.</p>')
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
