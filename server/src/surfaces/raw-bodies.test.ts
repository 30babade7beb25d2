import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { answerBrokenRequests } from './broken-requests.ts'
import { allowSlowBody } from './raw-bodies.ts'

const opened: { close(): void }[] = []
afterEach(() => {
  for (const server of opened.splice(0)) server.close()
})

/** A server that gives a request a second, and a client that has sent half of one. */
async function sendHalf(
  take: (request: IncomingMessage) => void,
): Promise<{ client: Socket; timedOut: Promise<unknown>; answer: () => string }> {
  const server = createServer(
    { requestTimeout: 1_000, headersTimeout: 1_000, connectionsCheckingInterval: 50 },
    (request, response) => {
      take(request)
      let bytes = 0
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length
      })
      request.on('end', () => response.end(`${bytes} bytes`))
    },
  )
  server.on('clientError', answerBrokenRequests)
  const timedOut = once(server, 'clientError')
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1')
  opened.push(server, { close: () => client.destroy() })
  let text = ''
  client.on('data', (chunk) => {
    text += chunk
  })
  client.write('POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 10\r\n\r\nhalf ')
  return { client, timedOut, answer: () => text }
}

test('a request that takes longer than requests may is answered and its connection closed', async () => {
  const { client, answer } = await sendHalf(() => {})
  await once(client, 'end')
  expect(answer()).toMatch(/^HTTP\/1.1 408 /)
})

test('unless it was allowed to', async () => {
  const { client, timedOut, answer } = await sendHalf(allowSlowBody)
  await timedOut
  client.write('other')
  await once(client, 'data')
  expect(answer()).toMatch(/^HTTP\/1.1 200 .*10 bytes/s)
})
