import { describe, expect, it } from 'vitest'
import { parseJob } from './parse-job.ts'

describe('what is sent as the query of a job', () => {
  it('is a text', () => {
    expect(parseJob('select 1')).toEqual({
      form: 'simple',
      queries: [{ sql: 'select 1', status: 'pending' }],
    })
  })

  it('is a list of texts', () => {
    expect(parseJob(['select 1', 'select 2'])).toEqual({
      form: 'multiple',
      queries: [
        { sql: 'select 1', status: 'pending' },
        { sql: 'select 2', status: 'pending' },
      ],
    })
  })

  it('is queries with fallbacks, of which only what is known is kept', () => {
    const query = [
      { query: 'a', onsuccess: 's', onerror: '', timeout: 10, status: 'done', role: 'postgres' },
      { query: 'b', timeout: null },
    ]
    expect(parseJob({ query, onerror: 'E', onsuccess: null, status: 'done' })).toEqual({
      form: 'fallback',
      queries: [
        { sql: 'a', status: 'pending', onsuccess: 's', fallbackStatus: 'pending', timeoutMs: 10 },
        { sql: 'b', status: 'pending' },
      ],
      onerror: 'E',
      fallbackStatus: 'pending',
    })
  })

  it.each([
    undefined,
    null,
    1,
    true,
    '',
    '  ',
    'a\0b',
    'half \ud800',
    [],
    [''],
    [['a']],
    {},
    { query: 'a' },
    { query: [] },
    { query: ['a'] },
    { query: [{ query: '' }] },
    { query: [{ query: 'a', onsuccess: 1 }] },
    { query: [{ query: 'a' }], onerror: ['b'] },
  ])('is refused when it is %j', (value) => {
    expect(() => parseJob(value)).toThrow('You must indicate a valid SQL')
  })

  it.each([0, -1, 1.5, '10', Number.POSITIVE_INFINITY, {}])(
    'is refused with %j for a timeout',
    (timeout) => {
      expect(() => parseJob({ query: [{ query: 'a', timeout }] })).toThrow(
        'whole number of milliseconds',
      )
    },
  )
})
