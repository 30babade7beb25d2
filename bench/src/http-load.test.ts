import { once } from 'node:events'
import { createServer, type RequestListener, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { runLoad } from './http-load.ts'

async function listen(answer: RequestListener): Promise<number> {
  const server = createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

const request = (path: string) => `GET ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n`

test('every request is sent in turn, and answers are counted by status', async () => {
  const seen = new Set<string | undefined>()
  const port = await listen((incoming, response) => {
    seen.add(incoming.url)
    response.writeHead(incoming.url === '/missing' ? 404 : 200).end('{}')
  })
  const { statuses, perSecond } = await runLoad({
    port,
    requests: ['/a', '/b', '/missing'].map(request),
    connections: 2,
    // Long enough for three requests on any machine.
    durationMs: 1_500,
  })
  expect([...seen].sort()).toEqual(['/a', '/b', '/missing'])
  expect(Object.keys(statuses)).toEqual(['200', '404'])
  expect(perSecond).toBeGreaterThan(0)
})

test('every connection has one request under way, and no more', async () => {
  const underWay = new Set<ServerResponse>()
  let most = 0
  let isFilled = false
  const answerAll = () => {
    for (const response of underWay) response.end('{}')
    underWay.clear()
  }
  const port = await listen((_incoming, response) => {
    underWay.add(response)
    most = Math.max(most, underWay.size)
    isFilled ||= underWay.size === 3
    // The first answers are held back until all connections wait for theirs.
    if (isFilled) setImmediate(answerAll)
  })
  await runLoad({ port, requests: [request('/')], connections: 3, durationMs: 100 })
  expect(most).toBe(3)
})

test('a server that hangs up is an error, not a slow server', async () => {
  const port = await listen((incoming) => void incoming.socket.end())
  const load = { port, requests: [request('/')], connections: 1, durationMs: 100 }
  await expect(runLoad(load)).rejects.toThrow('closed a connection')
})
