import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { noLimits } from '../../test/no-limits.ts'
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
  engineEnabled: true,
  expiresAtMs: undefined,
  database: 'database',
  role: 'role',
  issuedAtMs: 0,
  mayWrite: false,
}

test('instead of an answer that was made while its credential ended, the reason goes out', async () => {
  const inFlight = createInFlightRequests({ now: Date.now })
  const app = Fastify()
  requirePrincipal(app, {
    authenticate: async () => ({ principal, inFlight: inFlight.begin(principal) }),
    limits: noLimits,
    ownHosts: () => [],
    refusesAnonymous: false,
    needsEngine: false,
    readsUserDomain: false,
  })
  app.get('/ends', async () => {
    inFlight.abort({ credentialId: 'key' })
    return 'data'
  })
  app.get('/lives', async () => 'data')
  await app.listen({ host: '127.0.0.1', port: 0 })
  const url = app.listeningOrigin
  try {
    const ended = await fetch(`${url}/ends`)
    expect(ended.status).toBe(401)
    expect(await ended.text()).not.toContain('data')
    expect(await (await fetch(`${url}/lives`)).text()).toBe('data')
  } finally {
    await app.close()
  }
})

test('an error that tells of the end does go out', async () => {
  const inFlight = createInFlightRequests({ now: Date.now })
  const app = Fastify()
  requirePrincipal(app, {
    authenticate: async () => ({ principal, inFlight: inFlight.begin(principal) }),
    limits: noLimits,
    ownHosts: () => [],
    refusesAnonymous: false,
    needsEngine: false,
    readsUserDomain: false,
  })
  app.setErrorHandler(async (error, request, reply) => {
    request.errorCode = 'credential_revoked'
    return reply.code(401).send(String((error as Error).message))
  })
  app.get('/ends', async () => {
    inFlight.abort({ credentialId: 'key' })
    throw new AccessError('credential_revoked')
  })
  expect((await app.inject('/ends')).statusCode).toBe(401)
})

test('a request whose client has left during authentication does not stay in flight', async () => {
  const inFlight = createInFlightRequests({ now: Date.now })
  const app = Fastify()
  let isGone: () => void = () => {}
  const gone = new Promise<void>((resolve) => {
    isGone = resolve
  })
  app.addHook('onRequest', async (_request, reply) => {
    reply.raw.once('close', isGone)
  })
  requirePrincipal(app, {
    authenticate: async () => {
      await gone
      return { principal, inFlight: inFlight.begin(principal) }
    },
    limits: noLimits,
    ownHosts: () => [],
    refusesAnonymous: false,
    needsEngine: false,
    readsUserDomain: false,
  })
  app.get('/', async () => 'data')
  const finished = new Promise<void>((resolve) => {
    app.addHook('onResponse', async () => resolve())
  })
  await app.listen({ host: '127.0.0.1', port: 0 })
  try {
    const leaving = new AbortController()
    const request = fetch(app.listeningOrigin, { signal: leaving.signal })
    setTimeout(() => leaving.abort(), 50)
    await expect(request).rejects.toThrow('aborted')
    await Promise.race([finished, new Promise((resolve) => setTimeout(resolve, 1_000))])
    expect(inFlight.count()).toBe(0)
  } finally {
    await app.close()
  }
})
