import { describe, expect, it } from 'vitest'
import { type JobDocument, settleDocument } from './job-document.ts'
import { parseJob } from './parse-job.ts'
import { runDocument } from './run-document.ts'

/**
 * Runs a job in which texts that begin with `bad` fail, saying their own text, and `stop` ends the
 * job from outside. Returns what was run, and the job afterwards.
 */
async function run(query: unknown) {
  const ran: string[] = []
  const saved: JobDocument[] = []
  let end: { state: 'cancelled' | 'failed'; reason?: string } | undefined
  const result = await runDocument(parseJob(query), 'the-id', {
    async execute({ sql }) {
      ran.push(sql)
      if (sql === 'stop') end = { state: 'cancelled' }
      if (sql.startsWith('bad') || sql === 'stop') throw new Error(`reason of ${sql}`)
    },
    save: async (document) => {
      saved.push(document)
    },
    ended: () => end,
    now: () => new Date(0),
  })
  const document = end === undefined ? result.document : settleDocument(result.document, end)
  return { ran, saved, state: result.state, document }
}

/** `done`, or `done/skipped` where there is a fallback. */
const brief = (status: string, fallback: string | undefined) =>
  fallback === undefined ? status : `${status}/${fallback}`

describe('a job', () => {
  it.each<
    [job: string, query: unknown, ran: readonly string[], job: string, queries: readonly string[]]
  >([
    ['of one text', 'a', ['a'], 'done', ['done']],
    ['of one text that fails', 'bad', ['bad'], 'failed', ['failed']],
    ['of a list', ['a', 'b'], ['a', 'b'], 'done', ['done', 'done']],
    [
      'of a list with a failure',
      ['a', 'bad', 'c'],
      ['a', 'bad'],
      'failed',
      ['done', 'failed', 'skipped'],
    ],
    [
      'with onsuccess of a query',
      { query: [{ query: 'a', onsuccess: 's' }] },
      ['a', 's'],
      'done',
      ['done/done'],
    ],
    [
      'with onsuccess of a query that fails',
      { query: [{ query: 'bad', onsuccess: 's' }] },
      ['bad'],
      'failed',
      ['failed/skipped'],
    ],
    [
      'with onerror of a query',
      { query: [{ query: 'a', onerror: 'e' }] },
      ['a'],
      'done',
      ['done/skipped'],
    ],
    [
      'with onerror of a query that fails',
      { query: [{ query: 'bad', onerror: 'e' }] },
      ['bad', 'e'],
      'failed',
      ['failed/done'],
    ],
    [
      'with onsuccess of its own',
      { query: [{ query: 'a' }], onsuccess: 'S' },
      ['a', 'S'],
      'done/done',
      ['done'],
    ],
    [
      'with onsuccess of its own after a failure',
      { query: [{ query: 'bad' }], onsuccess: 'S' },
      ['bad'],
      'failed/skipped',
      ['failed'],
    ],
    [
      'with onerror of its own',
      { query: [{ query: 'a' }], onerror: 'E' },
      ['a'],
      'done/skipped',
      ['done'],
    ],
    [
      'with onerror of its own after a failure',
      { query: [{ query: 'bad' }], onerror: 'E' },
      ['bad', 'E'],
      'failed/done',
      ['failed'],
    ],
    [
      'with every fallback, and nothing fails',
      {
        query: [
          { query: 'a', onsuccess: 's1', onerror: 'e1' },
          { query: 'b', onsuccess: 's2', onerror: 'e2' },
        ],
        onsuccess: 'S',
        onerror: 'E',
      },
      ['a', 's1', 'b', 's2', 'S'],
      'done/done',
      ['done/done', 'done/done'],
    ],
    [
      'with every fallback, and the first query fails',
      {
        query: [
          { query: 'bad', onsuccess: 's1', onerror: 'e1' },
          { query: 'b', onsuccess: 's2', onerror: 'e2' },
        ],
        onsuccess: 'S',
        onerror: 'E',
      },
      ['bad', 'e1', 'E'],
      'failed/done',
      ['failed/done', 'skipped/skipped'],
    ],
    [
      'whose onsuccess fails, which changes nothing else',
      {
        query: [
          { query: 'a', onsuccess: 'bad 1' },
          { query: 'b', onsuccess: 's' },
        ],
        onsuccess: 'S',
      },
      ['a', 'bad 1', 'b', 's', 'S'],
      'done/done',
      ['done/failed', 'done/done'],
    ],
    [
      'whose onerror fails, and that of its own as well',
      {
        query: [
          { query: 'bad', onerror: 'bad 1' },
          { query: 'b', onerror: 'e' },
        ],
        onerror: 'bad 2',
      },
      ['bad', 'bad 1', 'bad 2'],
      'failed/failed',
      ['failed/failed', 'skipped/skipped'],
    ],
    [
      'that is cancelled in a query',
      {
        query: [{ query: 'stop', onsuccess: 's', onerror: 'e' }, { query: 'b' }],
        onsuccess: 'S',
        onerror: 'E',
      },
      ['stop'],
      'cancelled/skipped',
      ['cancelled/skipped', 'skipped'],
    ],
    [
      'that is cancelled in a fallback of a query',
      { query: [{ query: 'a', onsuccess: 'stop' }, { query: 'b' }], onsuccess: 'S' },
      ['a', 'stop'],
      'cancelled/skipped',
      ['done/cancelled', 'skipped'],
    ],
    [
      'that is cancelled in its own fallback',
      { query: [{ query: 'a', onerror: 'e' }], onsuccess: 'stop' },
      ['a', 'stop'],
      'cancelled/cancelled',
      ['done/skipped'],
    ],
  ])('%s', async (_name, query, ran, job, queries) => {
    const result = await run(query)
    expect(result.ran).toEqual(ran)
    expect(brief(result.state, result.document.fallbackStatus)).toBe(job)
    expect(
      result.document.queries.map(({ status, fallbackStatus }) => brief(status, fallbackStatus)),
    ).toEqual(queries)
  })

  it('says why: of the job its first failure, of a query its own, else that of its fallback', async () => {
    const { document } = await run({
      query: [
        { query: 'a', onsuccess: 'bad fallback' },
        { query: 'bad', onerror: 'bad too' },
      ],
      onerror: 'bad as well',
    })
    expect(document.failedReason).toBe('reason of bad')
    expect(document.queries.map(({ failedReason }) => failedReason)).toEqual([
      'reason of bad fallback',
      'reason of bad',
    ])
  })

  it('is saved as running before anything of it is run', async () => {
    const { saved } = await run({ query: [{ query: 'a', onsuccess: 's' }], onsuccess: 'S' })
    expect(
      saved.map((document) => [
        document.fallbackStatus,
        document.queries[0]?.status,
        document.queries[0]?.fallbackStatus,
      ]),
    ).toEqual([
      ['pending', 'running', 'pending'],
      ['pending', 'done', 'pending'],
      ['pending', 'done', 'running'],
      ['pending', 'done', 'done'],
      ['running', 'done', 'done'],
      ['done', 'done', 'done'],
    ])
  })

  it('puts its id and the error into the SQL of fallbacks, as values', async () => {
    const { ran } = await run({
      query: [{ query: "bad it's", onerror: "e '<%= job_id %>', <%= error_message %>" }],
    })
    expect(ran[1]).toBe("e 'the-id',  'reason of bad it''s' ")
  })

  it('fails a fallback whose placeholder cannot be filled safely', async () => {
    const { ran, document } = await run({
      query: [{ query: 'a', onsuccess: 'do $$ <%= error_message %> $$' }],
    })
    expect(ran).toEqual(['a'])
    expect(document.queries[0]).toMatchObject({
      fallbackStatus: 'failed',
      failedReason: '<%= error_message %> cannot stand between dollar quotes.',
    })
  })
})

describe('a document that is settled', () => {
  it('has nothing left that waits or runs, and tells the reason once', () => {
    const document = parseJob({
      query: [{ query: 'a', onerror: 'e' }, { query: 'b' }],
      onsuccess: 'S',
    })
    expect(settleDocument(document, { state: 'failed', reason: 'gone' })).toEqual({
      ...document,
      fallbackStatus: 'skipped',
      failedReason: 'gone',
      queries: [
        {
          ...document.queries[0],
          status: 'failed',
          fallbackStatus: 'skipped',
          failedReason: 'gone',
        },
        { ...document.queries[1], status: 'skipped' },
      ],
    })
  })

  it('does not change when it is settled again', async () => {
    const { document } = await run(['a', 'bad', 'c'])
    expect(settleDocument(document, { state: 'failed' })).toEqual(document)
  })
})
