import { expect, test } from 'vitest'
import type { Admission } from '../../credential/authenticate.ts'
import type { SurfaceContext } from '../surface.ts'
import { createOpener } from './create-opener.ts'
import type { MapRequest } from './read-map-request.ts'

const admission = {
  principal: {
    kind: 'master',
    accountId: 'an account',
    allowedApis: ['maps'],
    database: 'd',
    role: 'r',
  },
  inFlight: { signal: new AbortController().signal },
} as unknown as Admission

const context = {
  commands: {},
  limits: { statementTimeoutMs: 1_000 },
  tiles: { stampOf: () => '' },
  warehouse: { run: (_options: unknown, work: (session: unknown) => unknown) => work({}) },
} as unknown as SurfaceContext

const request = (key: string) =>
  ({
    kind: 'table',
    connection: 'default',
    source: { kind: 'table', relation: { name: 'a' } },
    hasCallersSql: false,
    key,
  }) as unknown as MapRequest

test('what is remembered of sources is bounded by its size, not by their number alone', async () => {
  const opened: string[] = []
  const opener = createOpener(context, async (_session, { request: { key } }) => {
    opened.push(key)
    return { key }
  })
  const use = (key: string) => opener.use(admission, request(key), async () => {})

  await use('small')
  await use('small')
  expect(opened).toEqual(['small'])

  for (let index = 0; index < 10; index += 1) await use(`${index}${'x'.repeat(1_000_000)}`)
  await use('small')
  expect(opened.filter((key) => key === 'small')).toHaveLength(2)
})
