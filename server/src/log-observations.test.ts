import pg from 'pg'
import pino, { type Logger } from 'pino'
import { describe, expect, inject, it } from 'vitest'
import { AccessError } from './errors.ts'
import { logObservation } from './log-observations.ts'
import type { Observation } from './observations.ts'
import { WarehouseError } from './warehouse/warehouse-error.ts'

const secret = 'pstrSECRETsecretSECRETsecret00'

function createLog(): {
  logger: Logger
  text: () => string
  lines: () => Record<string, unknown>[]
} {
  const written: string[] = []
  const logger = pino({ base: null }, { write: (line: string) => void written.push(line) })
  return {
    logger,
    text: () => written.join(''),
    lines: () => written.map((line) => JSON.parse(line)),
  }
}

/** One of each, with `cause` where there is one. A kind that is not here does not compile. */
function oneOfEach(cause: unknown): { [K in Observation['event']]: Observation & { event: K } } {
  return {
    request_completed: {
      event: 'request_completed',
      requestId: 'req-1',
      operation: 'runSql',
      method: 'GET',
      path: '/api/v2/sql',
      status: 200,
      durationMs: 1.5,
      bytesSent: 100,
      account: 'demo',
      credentialId: 'a-key-id',
      credentialKind: 'regular',
      error: 'sql_error',
    },
    internal_error: { event: 'internal_error', requestId: 'req-1', cause },
    credential_verified: { event: 'credential_verified', from: 'cache' },
    statement_cancelled: { event: 'statement_cancelled', role: 'a_role', reason: 'deadline' },
    session_terminated: { event: 'session_terminated', role: 'a_role', reason: 'deadline' },
    credential_revoked: {
      event: 'credential_revoked',
      credentialId: 'a-key-id',
      epoch: 7,
      nodes: 1,
      responsesAborted: 0,
      sessionsEnded: 0,
      elapsedMs: 3,
    },
    lease_lost: { event: 'lease_lost', cause },
    lease_regained: { event: 'lease_regained', epoch: 7 },
    role_password_restored: { event: 'role_password_restored', role: 'a_role' },
    reconciled: { event: 'reconciled', repair: 'dropped a role', subject: 'a_role' },
    warehouse_unreachable: { event: 'warehouse_unreachable', cause },
    usage_not_written: { event: 'usage_not_written', cause },
    audit_not_forgotten: { event: 'audit_not_forgotten', cause },
    usage_lost: { event: 'usage_lost', requests: 3 },
    cluster_progress: { event: 'cluster_progress', message: 'Starting' },
    cluster_exited: { event: 'cluster_exited', exitCode: 1, restarting: true },
    account_created: { event: 'account_created', account: 'demo' },
    account_deleted: { event: 'account_deleted', account: 'demo' },
    account_changed: { event: 'account_changed', account: 'demo', engineEnabled: false },
    api_key_created: { event: 'api_key_created', credentialId: 'a-key-id' },
    api_key_deleted: { event: 'api_key_deleted', credentialId: 'a-key-id' },
    api_key_regenerated: { event: 'api_key_regenerated', credentialId: 'a-key-id' },
    user_created: { event: 'user_created', userId: 'a-user-id' },
    user_changed: { event: 'user_changed', userId: 'a-user-id' },
    user_deleted: { event: 'user_deleted', userId: 'a-user-id' },
    signed_in: { event: 'signed_in', userId: 'a-user-id' },
    second_factor_changed: { event: 'second_factor_changed', userId: 'u', isOn: true },
    signed_out: { event: 'signed_out' },
    oauth_client_created: { event: 'oauth_client_created', clientId: 'a-client-id' },
    oauth_client_deleted: { event: 'oauth_client_deleted', clientId: 'a-client-id' },
    oauth_token_issued: { event: 'oauth_token_issued', clientId: 'a-client-id' },
    oauth_grant_ended: { event: 'oauth_grant_ended', reason: 'misused' },
    sign_in_refused: { event: 'sign_in_refused', reason: 'failed' },
    access_token_created: { event: 'access_token_created', credentialId: 'a-token-id' },
    access_token_updated: { event: 'access_token_updated', credentialId: 'a-token-id' },
    access_token_deleted: { event: 'access_token_deleted', credentialId: 'a-token-id' },
    batch_job_created: {
      event: 'batch_job_created',
      jobId: 'a-job-id',
      account: 'demo',
      credentialId: 'a-key-id',
    },
    batch_job_ended: {
      event: 'batch_job_ended',
      jobId: 'a-job-id',
      account: 'demo',
      credentialId: 'a-key-id',
      state: 'done',
      durationMs: 3,
    },
    batch_trouble: { event: 'batch_trouble', jobId: 'a-job-id', cause },
    started: { event: 'started', url: 'http://127.0.0.1:8080' },
    stopped: { event: 'stopped' },
  }
}

const notice = {
  severity: 'ERROR',
  sqlstate: '22P02',
  message: `invalid input syntax: "a\n    at ${secret}"`,
  detail: secret,
  hint: secret,
  context: `SQL statement "select '${secret}'"`,
}

/** What PostgreSQL says to a statement that holds the secret, in several lines. */
async function postgresError(): Promise<unknown> {
  const client = new pg.Client({ ...inject('cluster'), database: 'postgres' })
  await client.connect()
  try {
    return await client.query(`select E'first line\\n    at ${secret}\\n${secret}'::int`)
  } catch (error) {
    return error
  } finally {
    await client.end()
  }
}

function syntaxError(): unknown {
  try {
    return JSON.parse(`{"token":"${secret}`)
  } catch (error) {
    return error
  }
}

describe('the log', () => {
  it('has one line for everything that an operator may look for', () => {
    const { logger, lines } = createLog()
    const all = Object.values(oneOfEach(new Error('Something broke.')))
    for (const observation of all) logObservation(logger, observation)
    const forMetricsOnly = ['credential_verified']
    expect(lines().map(({ event }) => event)).toEqual(
      all.map(({ event }) => event).filter((event) => !forMetricsOnly.includes(event)),
    )
  })

  it('tells of a request what it was, and by whom', () => {
    const { logger, lines } = createLog()
    const { request_completed: request } = oneOfEach(undefined)
    logObservation(logger, request)
    expect(lines()).toEqual([expect.objectContaining(request)])
  })

  it('tells of an error of our own what broke, and where', () => {
    const { logger, lines } = createLog()
    const cause = new Error('The disk is full.', { cause: new Error('ENOSPC') })
    logObservation(logger, { event: 'internal_error', requestId: 'req-1', cause })
    expect(lines()).toEqual([
      expect.objectContaining({
        level: 50,
        requestId: 'req-1',
        cause: expect.objectContaining({
          name: 'Error',
          message: 'The disk is full.',
          stack: expect.stringContaining('log-observations.test.ts'),
          cause: expect.objectContaining({ message: 'ENOSPC' }),
        }),
      }),
    ])
  })

  it('tells of what PostgreSQL refused only the SQLSTATE, and where that was', async () => {
    const { logger, lines } = createLog()
    const causes = [await postgresError(), new WarehouseError(notice)]
    for (const cause of causes) {
      logObservation(logger, { event: 'internal_error', requestId: 'req-1', cause })
    }
    expect(JSON.stringify(causes.map(String))).toContain(secret)
    const [fromPg, fromWarehouse] = lines().map((line) => line.cause)
    expect(fromPg).toMatchObject({ name: 'error', code: '22P02' })
    expect(fromWarehouse).toMatchObject({ name: 'WarehouseError', sqlstate: '22P02' })
    expect(fromWarehouse).toMatchObject({ stack: expect.stringContaining(' at ') })
  })

  it.each<[what: string, cause: () => unknown]>([
    ['an error of PostgreSQL', postgresError],
    ['an error of a session', () => new WarehouseError(notice)],
    [
      'a refusal with the words of PostgreSQL',
      () => new AccessError('sql_error', { message: notice.message, facts: notice }),
    ],
    ['the error of a parser', syntaxError],
    ['a text', () => secret],
    ['an object', () => ({ secret })],
    ['an error with more than a message', () => Object.assign(new Error('No.'), { query: secret })],
  ])('quotes nothing from %s, however deep it lies', async (_, make) => {
    const cause = await make()
    const nested = new Error('Outer.', {
      cause: new AccessError('internal_error', { cause: new Error('Inner.', { cause }) }),
    })
    for (const each of [cause, nested]) {
      const { logger, text } = createLog()
      for (const observation of Object.values(oneOfEach(each))) logObservation(logger, observation)
      expect(text()).not.toContain(secret.slice(4, 12))
      expect(text()).not.toContain('first line')
    }
  })

  it('copes with a cause that is its own cause', () => {
    const { logger, lines } = createLog()
    const cause = new Error('Round and round.')
    cause.cause = cause
    logObservation(logger, { event: 'lease_lost', cause })
    expect(lines()).toHaveLength(1)
  })
})
