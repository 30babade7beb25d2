import { randomBytes } from 'node:crypto'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { createControlDatabase } from '../../../test/control-database.ts'
import { insertTestAccount } from '../../../test/credentials.ts'
import { administratorOf, controlContext, createTestUser } from '../../../test/users.ts'
import { createOAuthClient } from '../../commands/create-oauth-client.ts'
import { createRateLimits } from '../../limits/rate-limits.ts'
import { newRingKey } from '../../token/key-ring.ts'
import { renderErrors } from '../render-errors.ts'
import { renderOAuthError } from './render-oauth-error.ts'
import { issuingTokens } from './token.ts'

test('a program that asks for one token after the other is told to wait, and others are not', async () => {
  const control = await createControlDatabase()
  const key = newRingKey(randomBytes)
  const ring = { current: key, keys: [key] }
  const commands = controlContext(control.store, ring)
  const account = await insertTestAccount(control.store, ring)
  const { user } = await createTestUser(commands, account, 'owner')
  const registrar = {
    ...administratorOf(account),
    userId: user.id,
    scopes: ['read:tokens'] as const,
  }
  const given = { kind: 'm2m', scopes: ['read:tokens'] }
  const one = await createOAuthClient(commands, registrar, { ...given, name: 'one' })
  const other = await createOAuthClient(commands, registrar, { ...given, name: 'other' })

  const app = Fastify()
  renderErrors(app, renderOAuthError, () => {})
  const own = { publicUrl: () => 'http://127.0.0.1', ownHosts: () => [] }
  // One request in ten seconds, of a group that gets a tenth.
  const limits = createRateLimits({ perSecond: 1, monotonicNow: () => 0 })
  issuingTokens(app, { commands, publicUrl: own.publicUrl }, own, limits)
  const ask = ({ client, secret }: typeof one) =>
    app.inject({
      method: 'POST',
      url: '/oauth/token',
      payload: {
        grant_type: 'client_credentials',
        client_id: client.id,
        client_secret: secret,
      },
    })
  try {
    expect((await ask(one)).statusCode).toBe(200)
    const refused = await ask(one)
    expect(refused.statusCode).toBe(429)
    expect(refused.json()).toMatchObject({ error: 'temporarily_unavailable' })
    expect(Number(refused.headers['retry-after'])).toBeGreaterThan(0)
    expect((await ask(other)).statusCode).toBe(200)
  } finally {
    await app.close()
    await control.close()
  }
})
