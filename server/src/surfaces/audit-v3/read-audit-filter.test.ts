import { expect, it } from 'vitest'
import { formatCursor, readAuditFilter, readAuditPage } from './read-audit-filter.ts'

it('reads times, actions by name and by what they are done to, and names', () => {
  expect(
    readAuditFilter({
      from: '2026-11-01',
      to: '2026-11-02T10:00:00Z',
      action: 'oauth_client, api_key.create',
      actor_kind: 'user',
      actor: 'ann',
      target: 'app',
    }),
  ).toEqual({
    from: new Date('2026-11-01T00:00:00Z'),
    to: new Date('2026-11-02T10:00:00Z'),
    actions: ['oauth_client.create', 'oauth_client.delete', 'api_key.create'],
    actorKind: 'user',
    actor: 'ann',
    target: 'app',
  })
  expect(readAuditFilter({})).toEqual({})
})

it.each([
  [{ from: 'yesterday' }, 'from'],
  [{ action: 'api_key.invent' }, 'names no action'],
  [{ action: 'api' }, 'names no action'],
  [{ action: ',' }, 'names no action'],
  [{ actor_kind: 'robot' }, 'actor_kind'],
  [{ actor: 'a\0b' }, 'actor'],
  [{ target: 'x'.repeat(2_000) }, 'target'],
])('refuses %j', (parameters, word) => {
  expect(() => readAuditFilter(parameters)).toThrow(word)
})

it('a cursor names the event that the next page comes after', () => {
  const place = {
    at: new Date('2026-11-21T10:00:00.123Z'),
    id: '00000000-0000-4000-8000-000000000001',
  }
  expect(readAuditPage({ cursor: formatCursor(place), limit: '7' })).toEqual({
    limit: 7,
    after: place,
  })
  expect(readAuditPage({})).toEqual({ limit: 50, after: undefined })
})

it.each([
  [{ cursor: 'x' }, 'cursor'],
  [{ cursor: '99999999999999999.00000000-0000-4000-8000-000000000001' }, 'cursor'],
  [{ limit: '0' }, 'limit'],
  [{ limit: '1001' }, 'limit'],
  [{ limit: '1.5' }, 'limit'],
])('refuses the page %j', (parameters, word) => {
  expect(() => readAuditPage(parameters)).toThrow(word)
})
