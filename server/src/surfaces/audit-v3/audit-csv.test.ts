import { expect, it } from 'vitest'
import type { AuditEvent } from '../../store/audit-events.ts'
import { auditCsvHeader, auditCsvLine } from './audit-csv.ts'

const event: AuditEvent = {
  id: '00000000-0000-0000-0000-000000000001',
  at: new Date('2026-11-21T10:00:00.123Z'),
  actorKind: 'user',
  actorId: null,
  actorName: 'ann',
  actingFor: null,
  clientNetwork: '192.0.2.7',
  action: 'api_key.create',
  targetId: null,
  targetName: 'app',
  details: {},
}

const nameIn = (targetName: string) => auditCsvLine({ ...event, targetName }).split(',')[7]

it('has a cell for every column, each of them quoted', () => {
  expect(auditCsvLine(event)).toBe(
    '"2026-11-21T10:00:00.123Z","api_key.create","user","ann","","","192.0.2.7","app","","{}","00000000-0000-0000-0000-000000000001"\r\n',
  )
  expect(auditCsvHeader.split(',')).toHaveLength(11)
})

it('keeps quotes and lines within their cell', () => {
  expect(nameIn('say "hi"\r\n=1+1')).toBe('"say ""hi""\r\n=1+1"')
})

it.each([
  '=HYPERLINK("https://evil.example")',
  '+1',
  '-1',
  '@SUM(1)',
  '\t=1',
  '\r=1',
  '  =1',
  '\n@a',
  '＝1',
])('makes %j a text, which a spreadsheet would take for a formula', (name) => {
  expect(nameIn(name)?.startsWith(`"'${name[0] === '"' ? '' : name[0]}`)).toBe(true)
})

it.each(['app', 'a=b', 'ann-marie', '2026', "'quoted'"])('leaves %j as it is', (name) => {
  expect(nameIn(name)).toBe(`"${name}"`)
})
