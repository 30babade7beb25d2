import { type AddressInfo, createServer, type Server } from 'node:net'
import { TLSSocket } from 'node:tls'
import { serialize } from 'pg-protocol'
import { afterEach, expect, it } from 'vitest'
import { createSelfSigned } from '../../test/self-signed.ts'
import { sendCancel } from './send-cancel.ts'

const host = '127.0.0.1'
const self = createSelfSigned({ hosts: [], addresses: [host] })
const cancelRequest = Buffer.from(serialize.cancel(1, 2))
const opened: Server[] = []

afterEach(() => {
  for (const server of opened.splice(0)) server.close()
})

/** Answers the question for TLS as it is told to, and takes what comes then. */
async function listen(
  answer: 'S' | 'N',
): Promise<{ port: number; inClear: Buffer[]; taken: Buffer[] }> {
  const inClear: Buffer[] = []
  const taken: Buffer[] = []
  const server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', (question) => {
      inClear.push(question)
      if (question.length === 8) socket.write(answer)
      else socket.end()
      if (answer === 'N') return
      const encrypted = new TLSSocket(socket, {
        isServer: true,
        cert: self.certificate,
        key: self.key,
      })
      encrypted.on('error', () => {})
      encrypted.on('data', (chunk) => taken.push(chunk))
      encrypted.on('end', () => encrypted.end())
    })
  })
  opened.push(server)
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  return { port: (server.address() as AddressInfo).port, inClear, taken }
}

it('goes encrypted where the session is, to a server that proves itself', async () => {
  const { port, inClear, taken } = await listen('S')
  const ssl = { ca: self.certificate }
  expect(await sendCancel({ host, port, ssl }, 1, 2)).toBe(true)
  expect(Buffer.concat(taken)).toEqual(cancelRequest)
  expect(Buffer.concat(inClear)).toEqual(Buffer.from(serialize.requestSsl()))
})

it('does not go to a server that cannot prove itself', async () => {
  const { port, taken } = await listen('S')
  expect(await sendCancel({ host, port, ssl: true }, 1, 2)).toBe(false)
  expect(taken).toEqual([])
})

it('does not go in clear when the server will not encrypt', async () => {
  const { port, inClear } = await listen('N')
  expect(await sendCancel({ host, port, ssl: true }, 1, 2)).toBe(false)
  expect(inClear).toHaveLength(1)
})

it('goes in clear where the session is in clear', async () => {
  const { port, inClear } = await listen('N')
  expect(await sendCancel({ host, port, ssl: false }, 1, 2)).toBe(true)
  expect(Buffer.concat(inClear)).toEqual(cancelRequest)
})
