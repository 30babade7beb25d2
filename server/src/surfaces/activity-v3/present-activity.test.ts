import { expect, it } from 'vitest'
import { presentActivity } from './present-activity.ts'

const at = (hour: number) => new Date(`2026-11-21T${hour}:00:00Z`)

it('tells of every hour, also of those in which there was nothing', () => {
  const period = { at: at(11), requests: 3, errors: 1, denials: 1 }
  const presented = presentActivity(
    {
      periods: [period],
      apis: new Map([['sql', [period]]]),
      credentials: [{ kind: 'other_tokens', credential: undefined, periods: [period] }],
    },
    { granularity: 'hour', from: at(10), to: at(13) },
  )
  const counts = { requests: 3, errors: 1, denials: 1 }
  const none = { requests: 0, errors: 0, denials: 0 }
  expect(presented).toMatchObject({
    totals: counts,
    periods: [
      { at: at(10).toISOString(), ...none },
      { at: at(11).toISOString(), ...counts },
      { at: at(12).toISOString(), ...none },
    ],
    apis: [{ api: 'sql', ...counts, series: [0, 3, 0] }],
    credentials: [{ kind: 'other_tokens', id: null, name: null, ...counts, series: [0, 3, 0] }],
  })
})
