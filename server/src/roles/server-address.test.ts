import { type AddressInfo, createServer, type Server } from 'node:net'
import { TLSSocket } from 'node:tls'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createSelfSigned } from '../../test/self-signed.ts'
import type { RegisteredServer, TlsMode } from '../store/connections.ts'
import { openDatabase } from '../store/database.ts'
import { resolveServer } from './server-address.ts'

const self = createSelfSigned({ hosts: ['gis.example'], addresses: ['127.0.0.1'] })
let server: Server
let port: number
/** Log-ins that came through TLS. */
let logIns = 0

beforeAll(async () => {
  server = createServer((socket) => {
    socket.on('error', () => {})
    socket.once('data', () => {
      socket.write('S')
      const encrypted = new TLSSocket(socket, {
        isServer: true,
        cert: self.certificate,
        key: self.key,
      })
      encrypted.on('error', () => {})
      encrypted.on('data', () => {
        logIns += 1
        encrypted.destroy()
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  port = (server.address() as AddressInfo).port
})
afterAll(() => server.close())

const lookUp = async (host: string) => {
  if (host.endsWith('.example')) return ['127.0.0.1']
  throw new Error('There is no such name.')
}

function serverAt(host: string, tls: TlsMode, ca?: string): RegisteredServer {
  return { host, port, database: 'd', user: 'u', tls, ...(ca !== undefined && { ca }) }
}

/** Whether a log-in comes so far that a password could be asked for. */
async function reaches(registered: RegisteredServer): Promise<boolean> {
  const before = logIns
  const place = await resolveServer(registered, ['127.0.0.1'], lookUp)
  const pool = openDatabase(
    { ...place, database: 'd', user: 'u', password: 'p' },
    { max: 1, applicationName: 'test', onIdleError: () => {} },
  )
  await pool.query('select 1').catch(() => {})
  await pool.end()
  return logIns > before
}

describe('a certificate', () => {
  it.each<[host: string, tls: TlsMode, isKnown: boolean, expected: boolean]>([
    ['gis.example', 'verify-full', true, true],
    ['127.0.0.1', 'verify-full', true, true],
    ['other.example', 'verify-full', true, false],
    ['gis.example', 'verify-full', false, false],
    ['other.example', 'verify-ca', true, true],
    ['gis.example', 'verify-ca', false, false],
    ['other.example', 'require', false, true],
  ])('for %s under %s, its authority known: %s: %s', async (host, tls, isKnown, expected) => {
    const ca = isKnown ? self.certificate : undefined
    expect(await reaches(serverAt(host, tls, ca))).toBe(expected)
  })
})

it.each([
  ['an address in no allowed network', '127.0.0.2'],
  ['a name of such an address', 'inside.example'],
  ['a name that is nobody', 'nobody.invalid'],
])('refuses %s with one sentence', async (_, host) => {
  const networks = host === 'inside.example' ? ['10.0.0.0/8'] : ['127.0.0.1']
  await expect(resolveServer(serverAt(host, 'require'), networks, lookUp)).rejects.toMatchObject({
    code: 'server_unreachable',
    message: expect.stringMatching(/^The server could not be reached/),
  })
})
