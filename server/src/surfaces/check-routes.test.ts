import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { noLimits } from '../../test/no-limits.ts'
import type { Authenticate } from '../credential/authenticate.ts'
import { AccessError } from '../errors.ts'
import { getPrincipal, requirePrincipal } from './admit.ts'
import { checkRoutes } from './check-routes.ts'

const refuseEverybody: Authenticate = async () => {
  throw new AccessError('invalid_credential')
}
const guard = {
  authenticate: refuseEverybody,
  limits: noLimits,
  ownHosts: () => [],
  refusesAnonymous: false,
  needsEngine: false,
  readsUserDomain: false,
}

test('a route that needs a credential cannot be registered outside of the guard', async () => {
  const app = Fastify()
  const check = checkRoutes(app)
  app.get('/sql', { schema: { operationId: 'runSql' } as object }, async () => 'data')
  await app.ready()
  expect(check).toThrow('GET /sql is protected otherwise than its row says.')
})

test('a route that is for everybody cannot be registered behind the guard by mistake', async () => {
  const app = Fastify()
  const check = checkRoutes(app)
  await app.register(async (guarded) => {
    requirePrincipal(guarded, guard)
    guarded.get('/health', { schema: { operationId: 'getHealth' } as object }, async () => 'ok')
  })
  await app.ready()
  expect(check).toThrow('GET /health is protected otherwise than its row says.')
})

test('a route that is in no row of the table is refused', async () => {
  const app = Fastify()
  const check = checkRoutes(app)
  app.get('/new', async () => 'data')
  await app.ready()
  expect(check).toThrow('GET /new is not in the table of operations.')
})

test('a handler that asks for a principal where none is required gets none', async () => {
  const app = Fastify()
  app.get('/open', async (request) => getPrincipal(request))
  const { statusCode } = await app.inject('/open')
  expect(statusCode).toBe(500)
})
