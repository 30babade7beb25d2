import { expect, it } from 'vitest'
import { tellConsequences } from './tell-consequences.ts'

const nowMs = Date.parse('2026-11-21T12:00:00Z')
const tell = (lastUsedAt: string | null, requests: number) =>
  tellConsequences({ last_used_at: lastUsedAt, totals: { requests } }, nowMs)

it('says what a deletion breaks by how the token is used', () => {
  expect(tell(null, 0)).toContain('never used')
  expect(tell('2026-11-01T12:00:00Z', 0)).toContain('20 days ago')
  expect(tell('2026-11-21T11:00:00Z', 1)).toMatch(/1 hour ago, and for one request/)
  expect(tell('2026-11-21T11:59:00Z', 12_345)).toMatch(/12.345 requests in the last 24 hours/)
})
