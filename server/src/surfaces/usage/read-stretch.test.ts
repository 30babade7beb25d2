import { describe, expect, it } from 'vitest'
import { readStretch } from './read-stretch.ts'

const now = new Date('2026-11-21T14:31:07Z')

const read = (query: Record<string, unknown>) => {
  const { granularity, from, to } = readStretch(query, now)
  return [granularity, from.toISOString(), to.toISOString()]
}

describe('the stretch of time that usage is asked for', () => {
  it('is the last 24 hours, or the last 30 days, the current one included', () => {
    expect(read({})).toEqual(['hour', '2026-11-20T15:00:00.000Z', '2026-11-21T15:00:00.000Z'])
    expect(read({ granularity: 'day' })).toEqual([
      'day',
      '2026-10-23T00:00:00.000Z',
      '2026-11-22T00:00:00.000Z',
    ])
  })

  it('is widened to whole hours or days of UTC', () => {
    const query = { from: '2026-11-01T08:30:00+02:00', to: '2026-11-02T10:00:01Z' }
    expect(read(query)).toEqual(['hour', '2026-11-01T06:00:00.000Z', '2026-11-02T11:00:00.000Z'])
    expect(read({ ...query, granularity: 'day' })).toEqual([
      'day',
      '2026-11-01T00:00:00.000Z',
      '2026-11-03T00:00:00.000Z',
    ])
    expect(read({ from: '2026-11-01', to: '2026-11-02' })).toEqual([
      'hour',
      '2026-11-01T00:00:00.000Z',
      '2026-11-02T00:00:00.000Z',
    ])
  })

  it.each([
    [{ granularity: 'minute' }, 'granularity'],
    [{ granularity: ['hour', 'day'] }, 'granularity'],
    [{ from: 'yesterday' }, 'from'],
    [{ from: '2026-11-01T08:00:00' }, 'from'],
    [{ to: '2026-13-40' }, 'to'],
    [{ to: '99999999999' }, 'to'],
    [{ from: ['2026-11-01'] }, 'from'],
    [{ from: '2026-11-22' }, 'before'],
    [{ from: '2026-01-01' }, '90 days'],
  ])('is refused when it is %j', (query, word) => {
    expect(() => readStretch(query, now)).toThrow(word)
  })
})
