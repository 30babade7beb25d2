import Fastify from 'fastify'
import { expect, test } from 'vitest'
import type { Principal } from '../credential/principal.ts'
import { AccessError } from '../errors.ts'
import { createInFlightRequests } from '../revocation/in-flight.ts'
import { requirePrincipal } from './admit.ts'

const principal: Principal = {
  accountId: 'account',
  accountName: 'demo',
  credentialId: 'key',
  credentialName: 'a key',
  kind: 'regular',
  allowedApis: ['sql'],
  database: 'database',
  role: 'role',
  mayWrite: false,
}

test('an answer that was made while its credential ended does not go out', async () => {
  const inFlight = createInFlightRequests()
  const app = Fastify()
  requirePrincipal(app, {
    authenticate: async () => ({ principal, inFlight: inFlight.begin(principal) }),
    ownHosts: () => [],
    refusesAnonymous: false,
  })
  app.get('/ends', async () => {
    inFlight.abort({ apiKeyId: 'key' })
    return 'data'
  })
  app.get('/lives', async () => 'data')
  await app.listen({ host: '127.0.0.1', port: 0 })
  const [address] = app.addresses()
  const url = `http://127.0.0.1:${address?.port}`
  try {
    await expect(fetch(`${url}/ends`)).rejects.toThrow('fetch failed')
    expect(await (await fetch(`${url}/lives`)).text()).toBe('data')
  } finally {
    await app.close()
  }
})

test('an error that tells of the end does go out', async () => {
  const inFlight = createInFlightRequests()
  const app = Fastify()
  requirePrincipal(app, {
    authenticate: async () => ({ principal, inFlight: inFlight.begin(principal) }),
    ownHosts: () => [],
    refusesAnonymous: false,
  })
  app.setErrorHandler(async (error, request, reply) => {
    request.errorCode = 'credential_revoked'
    return reply.code(401).send(String((error as Error).message))
  })
  app.get('/ends', async () => {
    inFlight.abort({ apiKeyId: 'key' })
    throw new AccessError('credential_revoked')
  })
  expect((await app.inject('/ends')).statusCode).toBe(401)
})
