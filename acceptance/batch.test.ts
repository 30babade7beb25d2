import { randomUUID } from 'node:crypto'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type BatchApi, batchApi, expectRefusal, type Job, queriesOf } from './support/batch-api.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import { postmasterPid } from './support/postmaster.ts'
import { sendRaw } from './support/raw-request.ts'
import { type CreatedKey, createKey, deleteKey, regenerateKey, sql } from './support/requests.ts'
import { openSuperuser } from './support/superuser.ts'

// Jobs, by the numbers of the SQL API's checklist where there is one: S8 to S11, S17, S18, S50 to S57.

let postern: Postern
let superuser: pg.Client
let bob: AccountCredentials
let regular: CreatedKey
let batchKey: CreatedKey
let master: BatchApi
let withGrant: BatchApi

beforeAll(async () => {
  postern = await startPostern()
  superuser = await openSuperuser(postern)
  bob = await postern.createAccount('bob')
  regular = await createKey(postern, postern.demo, { apis: ['sql'] })
  batchKey = await createKey(postern, postern.demo, {
    apis: ['batch'],
    tables: [{ name: 'capitals', permissions: ['select'] }],
    create: ['public'],
  })
  master = batchApi(postern, 'demo', postern.demo.master_key)
  withGrant = batchApi(postern, 'demo', batchKey.token)
})
afterAll(async () => {
  await superuser.end()
  await postern.stop()
})

const sleeping = (seconds = 600) => `select pg_sleep(${seconds})`
const rowsOf = async (q: string) => {
  const answer = await sql(postern, 'demo', q, postern.demo.master_key)
  expect(answer.status, answer.text).toBe(200)
  return answer.json<{ rows: Record<string, unknown>[] }>().rows
}
/** Backends that are busy with a text like this one, whoever runs it. */
const countBusy = async (pattern: string) => {
  const { rows } = await superuser.query<{ count: number }>(
    `select count(*)::integer as count from pg_stat_activity
     where query like $1 and state = 'active' and pid <> pg_backend_pid()`,
    [pattern],
  )
  return rows[0]?.count
}

describe('who may', () => {
  test('S8 the master key creates a job, which is done', async () => {
    const { job_id } = await master.created('select 1')
    expect((await master.reaches(job_id)).status).toBe('done')
  })

  test.each<[string, () => BatchApi]>([
    ['S9, S17 a regular key', () => batchApi(postern, 'demo', regular.token)],
    ['S10, S18 default_public', () => batchApi(postern, 'demo', 'default_public')],
    ['S11 no key', () => batchApi(postern, 'demo')],
  ])('%s is refused', async (_name, api) => {
    const id = randomUUID()
    for (const answer of [
      await api().create({ query: 'select 1' }),
      await api().list(),
      await api().show(id),
      await api().update(id, { query: 'select 1' }),
      await api().cancel(id),
    ]) {
      expectRefusal(answer, 403, 'permission denied')
    }
  })

  test('S50, S51, S52 an unknown key is refused everywhere', async () => {
    const api = batchApi(postern, 'demo', 'wrong')
    for (const answer of [
      await api.create({ query: 'select 1' }),
      await api.show('any'),
      await api.cancel('any'),
    ]) {
      expectRefusal(answer, 401, 'Unauthorized')
    }
  })

  test('S53, S54 an unknown account is told before the key is looked at', async () => {
    const api = batchApi(postern, 'wrong-host', 'wrong')
    const sentence =
      "Sorry, we can't find CARTO user 'wrong-host'. Please check that you have entered the correct domain."
    expectRefusal(await api.create({ query: 'select 1' }), 404, sentence)
    expectRefusal(await api.cancel('any'), 404, sentence)
  })

  test('a regular key with the grant has jobs, which run as its own role', async () => {
    const table = `made_by_key_${batchKey.name.replace(/\W/g, '_')}`
    const { job_id } = await withGrant.created([
      `create table ${table} as select count(*) from capitals`,
      'create schema not_mine',
      'select 1',
    ])
    const job = await withGrant.reaches(job_id)
    expect(job.status).toBe('failed')
    expect(queriesOf(job).map(({ status }) => status)).toEqual(['done', 'failed', 'skipped'])
    expect(job.failed_reason).toBe('Only the master key may manage schemas.')
    const [owner] = await rowsOf(
      `select r.rolname = current_user as "isMaster" from pg_class c join pg_roles r on r.oid = c.relowner
       where c.relname = '${table}'`,
    )
    expect(owner).toEqual({ isMaster: false })
  })

  test('the master key sees every job of its account; another key only its own', async () => {
    const other = await createKey(postern, postern.demo, { apis: ['batch'] })
    const others = batchApi(postern, 'demo', other.token)
    const { job_id } = await withGrant.created('select 1')
    await withGrant.reaches(job_id)
    expect((await master.show(job_id)).status).toBe(200)
    const idsOf = async (api: BatchApi) =>
      (await api.list()).json<{ jobs: Job[] }>().jobs.map((job) => job.job_id)
    expect(await idsOf(master)).toContain(job_id)
    expect(await idsOf(withGrant)).toContain(job_id)
    expect(await idsOf(others)).toEqual([])
    for (const api of [others, batchApi(postern, 'bob', bob.master_key)]) {
      for (const id of [job_id, randomUUID()]) {
        const unknown = `Job with id ${id} not found`
        expectRefusal(await api.show(id), 400, unknown)
        expectRefusal(await api.update(id, { query: 'select 1' }), 400, unknown)
        expectRefusal(await api.cancel(id), 400, unknown)
      }
    }
  })
})

describe('the requests', () => {
  test('S55 an unknown id is 400', async () => {
    expectRefusal(await master.show('irrelevantJob'), 400, 'Job with id irrelevantJob not found')
  })

  test('S56 create answers 201, show 200, cancel 200', async () => {
    const job = await master.created(sleeping())
    expect(job).toEqual({
      user: 'demo',
      query: sleeping(),
      job_id: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-/),
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updated_at: job.created_at,
      status: 'pending',
    })
    expect((await master.show(job.job_id)).json()).toMatchObject({ job_id: job.job_id })
    const cancelled = await master.cancel(job.job_id)
    expect(cancelled.status).toBe(200)
    expect(cancelled.json()).toMatchObject({ job_id: job.job_id, status: 'cancelled' })
  })

  test.each([
    ['no query', {}],
    ['a query by another name', { q: 'select 1' }],
    ['a number', { query: 1 }],
    ['an empty text', { query: ' ' }],
    ['an empty list', { query: [] }],
    ['a list with something else', { query: ['select 1', 2] }],
    ['an object without queries', { query: { onsuccess: 'select 1' } }],
    ['a fallback that is no text', { query: { query: [{ query: 'select 1', onerror: {} }] } }],
    ['no object at all', 'select 1'],
  ])('S57 %s is not a valid SQL', async (_name, body) => {
    expectRefusal(await master.create(body), 400, 'You must indicate a valid SQL')
  })

  test('a body that is too large is told before the key is looked at', async () => {
    const query = 'x'.repeat(17_000)
    const { length } = JSON.stringify({ query })
    for (const api of [master, batchApi(postern, 'demo', 'wrong')]) {
      expectRefusal(
        await api.create({ query }),
        400,
        `Your payload is too large: ${length} bytes. Max size allowed is 16384 bytes (16kb). Are you trying to import data?. Please, check out import api http://docs.cartodb.com/cartodb-platform/import-api/`,
      )
    }
  })

  test.each([
    ['a trailing slash', '/user/demo/api/v2/sql/job/', 'localhost'],
    ['another version word', '/user/demo/api/v1/sql/job', 'localhost'],
    ['a subdomain', '/api/v2/sql/job', 'demo.localhost'],
  ])('take the key from the body and keep it out of the job, at %s', async (_name, path, host) => {
    const answer = await sendRaw(postern.port, {
      method: 'POST',
      path,
      headers: ['host', `${host}:${postern.port}`, 'content-type', 'application/json'],
      body: JSON.stringify({
        query: 'select 1',
        api_key: postern.demo.master_key,
        client: 'cps-1.11.3',
      }),
    })
    expect(answer.status, answer.text).toBe(201)
    expect(Object.keys(answer.json())).toEqual([
      ...['user', 'query', 'job_id', 'created_at', 'updated_at', 'status'],
    ])
  })

  test('PUT replaces what a job is to run, as long as it waits', async () => {
    const first = await master.created(sleeping())
    await master.reaches(first.job_id, 'running')
    const second = await master.created('select nothing_of_the_kind')
    const updated = await master.update(second.job_id, { query: ['select 1', 'select 2'] })
    expect(updated.status, updated.text).toBe(200)
    expect(updated.json()).toMatchObject({ job_id: second.job_id, status: 'pending' })
    expectRefusal(
      await master.update(first.job_id, { query: 'select 1' }),
      400,
      'Job is not pending, it cannot be updated',
    )
    await master.cancel(first.job_id)
    const job = await master.reaches(second.job_id)
    expect(queriesOf(job).map(({ query, status }) => [query, status])).toEqual([
      ['select 1', 'done'],
      ['select 2', 'done'],
    ])
  })

  test('an account has at most 64 jobs that wait; another account has its own', async () => {
    const running = await master.created(sleeping())
    await master.reaches(running.job_id, 'running')
    const waiting = await Promise.all(Array.from({ length: 64 }, () => master.created('select 1')))
    expectRefusal(
      await master.create({ query: 'select 1' }),
      400,
      'Failed to create job. Max number of jobs (64) queued reached',
    )
    const bobs = batchApi(postern, 'bob', bob.master_key)
    const { job_id } = await bobs.created('select 1')
    expect((await bobs.reaches(job_id)).status).toBe('done')
    for (const job of waiting) await master.cancel(job.job_id)
    await master.cancel(running.job_id)
  })
})

describe('cancelling', () => {
  test('ends what runs in the database, before it answers', async () => {
    const { job_id } = await master.created(sleeping(601))
    await master.reaches(job_id, 'running')
    await expect.poll(() => countBusy('%pg_sleep(601)%')).toBe(1)
    expect((await master.cancel(job_id)).json()).toMatchObject({ status: 'cancelled' })
    expect(await countBusy('%pg_sleep(601)%')).toBe(0)
  })

  test('ends what does not want to be cancelled as well', async () => {
    const { job_id } = await master.created(
      `do $$ begin loop begin perform pg_sleep(602); exception when query_canceled then null; end; end loop; end $$`,
    )
    await master.reaches(job_id, 'running')
    await expect.poll(() => countBusy('%pg_sleep(602)%')).toBe(1)
    expect((await master.cancel(job_id)).json()).toMatchObject({ status: 'cancelled' })
    expect(await countBusy('%pg_sleep(602)%')).toBe(0)
  })

  test('keeps a job that waits from ever running', async () => {
    const first = await master.created(sleeping())
    const second = await master.created('create table never_made (n int)')
    expect((await master.cancel(second.job_id)).json()).toMatchObject({ status: 'cancelled' })
    await master.cancel(first.job_id)
    const third = await master.created('select 1')
    await master.reaches(third.job_id)
    expect(await rowsOf(`select to_regclass('never_made') is null as absent`)).toEqual([
      { absent: true },
    ])
  })

  test('says what it cannot cancel', async () => {
    const end = async (query: unknown) => {
      const { job_id } = await master.created(query)
      await master.reaches(job_id)
      return master.cancel(job_id)
    }
    expectRefusal(await end('select 1'), 400, 'Cannot set status from done to cancelled')
    expectRefusal(await end('select nope'), 400, 'Cannot set status from failed to cancelled')
    const fallback = { query: [{ query: 'select 1' }], onsuccess: 'select 2' }
    expectRefusal(await end(fallback), 400, 'Cannot set status to cancelled')
  })
})

describe('fallbacks', () => {
  /** `done`, or `done/skipped` where there is a fallback. */
  const brief = ({ status, fallback_status }: { status: string; fallback_status?: string }) =>
    fallback_status === undefined ? status : `${status}/${fallback_status}`
  const good = 'select 1'
  const bad = 'select * from nonexistent_table'

  test.each<[name: string, query: unknown, job: string, queries: readonly string[]]>([
    ['onsuccess runs', { query: [{ query: good, onsuccess: good }] }, 'done', ['done/done']],
    [
      'onsuccess skipped',
      { query: [{ query: bad, onsuccess: good }] },
      'failed',
      ['failed/skipped'],
    ],
    ['onerror runs', { query: [{ query: bad, onerror: good }] }, 'failed', ['failed/done']],
    ['onerror skipped', { query: [{ query: good, onerror: good }] }, 'done', ['done/skipped']],
    ["the job's onsuccess", { query: [{ query: good }], onsuccess: good }, 'done/done', ['done']],
    ["the job's onerror", { query: [{ query: bad }], onerror: good }, 'failed/done', ['failed']],
    [
      'a failure skips what follows',
      {
        query: [
          { query: bad, onerror: good },
          { query: good, onerror: good },
        ],
        onerror: good,
      },
      'failed/done',
      ['failed/done', 'skipped/skipped'],
    ],
    [
      'a fallback that fails changes nothing else',
      {
        query: [
          { query: good, onsuccess: bad },
          { query: good, onsuccess: good },
        ],
        onsuccess: bad,
      },
      'done/failed',
      ['done/failed', 'done/done'],
    ],
  ])('%s', async (_name, query, job, queries) => {
    const { job_id } = await master.created(query)
    const ended = await master.reaches(job_id)
    expect(brief(ended)).toBe(job)
    expect(queriesOf(ended).map(brief)).toEqual(queries)
    const failed = queriesOf(ended).filter(({ status }) => status === 'failed')
    for (const { failed_reason, started_at, ended_at } of failed) {
      expect(failed_reason).toBe('relation "nonexistent_table" does not exist')
      expect(Date.parse(ended_at ?? '')).toBeGreaterThanOrEqual(Date.parse(started_at ?? ''))
    }
  })

  test('get the error and the id as values, whatever the error says', async () => {
    await rowsOf('create table job_errors (place text, error text, job text)')
    await rowsOf('create table treasure (n int)')
    const attack = `'); drop table treasure; --`
    const onerror = (place: string, sql: string) =>
      `insert into job_errors values ('${place}', ${sql}, '<%= job_id %>')`
    const { job_id } = await master.created({
      query: [
        {
          query: `select '${attack.replaceAll("'", "''")}'::integer`,
          onerror: onerror('inside', `'<%= error_message %>'`),
        },
      ],
      onerror: onerror('on its own', '<%= error_message %>'),
    })
    const { failed_reason, fallback_status } = await master.reaches(job_id)
    expect(failed_reason).toBe(`invalid input syntax for type integer: "${attack}"`)
    expect(fallback_status).toBe('done')
    expect(await rowsOf('select * from job_errors order by place')).toEqual([
      { place: 'inside', error: failed_reason, job: job_id },
      { place: 'on its own', error: failed_reason, job: job_id },
    ])
    expect(await rowsOf('select count(*)::integer as count from treasure')).toEqual([{ count: 0 }])
  })

  test('a query can have less time than others, and says that it was too little', async () => {
    const { job_id } = await master.created({ query: [{ query: sleeping(), timeout: 100 }] })
    const job = await master.reaches(job_id)
    expect(job.failed_reason).toBe('canceling statement due to statement timeout')
  })
})

describe('what a job may run', () => {
  test.each([
    ['COPY', `copy capitals to stdout`, 'COPY is not available in batch jobs.'],
    ['a role command', 'create role x', /^Roles are managed through the API keys/],
    ['what is not SQL', 'selec 1', 'syntax error at or near "selec"'],
  ])('not %s', async (_name, query, reason) => {
    const { job_id } = await master.created(query)
    const job = await master.reaches(job_id)
    expect(job.status).toBe('failed')
    if (typeof reason === 'string') expect(job.failed_reason).toBe(reason)
    else expect(job.failed_reason).toMatch(reason)
  })

  test.each([
    [
      'a table that is not granted',
      'select * from surveys',
      /^permission denied for table surveys/,
    ],
    ['the catalogue', 'select * from pg_class', 'system tables are forbidden'],
    ['DO', 'do $$ begin end $$', 'Only the master key may use DO.'],
    ['another role', 'set role postgres', /not available/],
  ])('as a regular key, not %s', async (_name, query, reason) => {
    const { job_id } = await withGrant.created(query)
    const job = await withGrant.reaches(job_id)
    expect(job.status).toBe('failed')
    expect(job.failed_reason).toMatch(reason)
  })
})

describe('what cartoframes sends', () => {
  const done = async (query: string) => {
    const { job_id } = await master.created(query)
    const job = await master.reaches(job_id)
    expect(`${job.status} ${job.failed_reason ?? ''}`).toBe('done ')
  }

  test('a table is made fit for maps by CDB_CartodbfyTable', async () => {
    await rowsOf('create table uploaded (name text, the_geom geometry(Geometry, 4326))')
    await done("SELECT CDB_CartodbfyTable('public', 'uploaded')")
    const columns = await rowsOf(
      `select attname as name from pg_attribute
       where attrelid = 'uploaded'::regclass and attnum > 0 and not attisdropped`,
    )
    const names = columns.map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['cartodb_id', 'the_geom_webmercator']))
  })

  test('a table is emptied and changed in a transaction, with semicolons to spare', async () => {
    await rowsOf('create table replaced as select 1 as a, 2 as b')
    await done(
      '; BEGIN; TRUNCATE TABLE replaced; ALTER TABLE replaced DROP COLUMN a,ADD COLUMN c text;; COMMIT;',
    )
    expect(await rowsOf('select b, c from replaced')).toEqual([])
  })

  test('a table is made from a query, in place of an older one', async () => {
    await rowsOf('create table copied (n int)')
    await done(
      'BEGIN; DROP TABLE IF EXISTS copied; CREATE TABLE copied AS (SELECT name FROM capitals); COMMIT;',
    )
    expect(await rowsOf('select count(*) > 100 as "isCopied" from copied')).toEqual([
      { isCopied: true },
    ])
  })

  test('a transaction that fails leaves nothing', async () => {
    const { job_id } = await master.created(
      'BEGIN; CREATE TABLE half_made (n int); SELECT 1/0; COMMIT;',
    )
    expect((await master.reaches(job_id)).failed_reason).toBe('division by zero')
    expect(await rowsOf(`select to_regclass('half_made') is null as absent`)).toEqual([
      { absent: true },
    ])
  })

  test('a function is made, called and dropped', async () => {
    await done(
      "CREATE FUNCTION long_work() RETURNS void AS $$ BEGIN EXECUTE 'CREATE TABLE worked (n int)'; END $$ LANGUAGE plpgsql",
    )
    await done('SELECT long_work(); DROP FUNCTION long_work();')
    expect(await rowsOf('select count(*)::integer as count from worked')).toEqual([{ count: 0 }])
  })
})

describe('the end of a key', () => {
  /** What a regular key may run for ever. */
  const endless = (mark: string) =>
    `select count(*) /* ${mark} */
     from capitals a, capitals b, capitals c, capitals d, capitals e, capitals f`

  test.each([
    [
      'deleting it',
      async (key: CreatedKey) => {
        await deleteKey(postern, postern.demo, key.name)
        return undefined
      },
    ],
    ['regenerating it', (key: CreatedKey) => regenerateKey(postern, postern.demo, key.name)],
  ])('%s ends its jobs before it is answered', async (_name, end) => {
    const key = await createKey(postern, postern.demo, { apis: ['batch'] })
    const api = batchApi(postern, 'demo', key.token)
    const running = await api.created(endless('ends 1'))
    await api.reaches(running.job_id, 'running')
    const waiting = await api.created(endless('ends 2'))
    await expect.poll(() => countBusy('%ends 1%')).toBe(1)
    const renewed = await end(key)
    expect(await countBusy('%/* ends%')).toBe(0)
    expectRefusal(await api.show(running.job_id), 401, 'Unauthorized')
    const after = await master.created('select 1')
    expect((await master.reaches(after.job_id)).status).toBe('done')
    expect(await countBusy('%/* ends%')).toBe(0)
    if (renewed === undefined) return
    const same = batchApi(postern, 'demo', renewed.token)
    for (const { job_id } of [running, waiting]) {
      const job = await same.reaches(job_id)
      expect(job.failed_reason).toBe('The credential that made the job has ended.')
    }
  })

  test('deleting an account ends its jobs', async () => {
    const alice = await postern.createAccount('alice')
    const { job_id } = await batchApi(postern, 'alice', alice.master_key).created(sleeping(605))
    await expect.poll(() => countBusy('%pg_sleep(605)%')).toBe(1)
    const deleted = await postern.run('account', 'delete', 'alice', '--yes')
    expect(deleted.code, deleted.stderr).toBe(0)
    expect(await countBusy('%pg_sleep(605)%')).toBe(0)
    const unknown = `Job with id ${job_id} not found`
    expectRefusal(await master.show(job_id), 400, unknown)
  })
})

describe('a job outlives', { timeout: 240_000 }, () => {
  /** A job that leaves a mark at each step, in the middle of which it is when this resolves. */
  const startMarking = async (name: string) => {
    await rowsOf(`create table ${name} (mark text)`)
    const running = await master.created([
      `insert into ${name} values ('before')`,
      sleeping(),
      `insert into ${name} values ('after')`,
    ])
    await expect
      .poll(async () => queriesOf((await master.show(running.job_id)).json<Job>())[1]?.status, {
        timeout: 60_000,
      })
      .toBe('running')
    const waiting = await master.created(`insert into ${name} values ('waited')`)
    const cancelled = await master.created(`insert into ${name} values ('cancelled')`)
    await master.cancel(cancelled.job_id)
    return { running, waiting }
  }
  const expectOnce = async (
    name: string,
    { running, waiting }: { running: Job; waiting: Job },
    reason: string | RegExp,
  ) => {
    const failed = await master.reaches(running.job_id)
    expect(queriesOf(failed).map(({ status }) => status)).toEqual(['done', 'failed', 'skipped'])
    expect(failed.failed_reason).toMatch(reason)
    expect((await master.reaches(waiting.job_id)).status).toBe('done')
    expect(await rowsOf(`select mark from ${name} order by mark`)).toEqual([
      { mark: 'before' },
      { mark: 'waited' },
    ])
  }

  test('a server that is killed: what ran has failed and is not run again', async () => {
    const jobs = await startMarking('killed')
    await postern.kill('SIGKILL')
    await postern.restart()
    await expectOnce('killed', jobs, 'The server that ran the job has gone.')
  })

  test('a server that is stopped: what ran has failed, what waited runs', async () => {
    const jobs = await startMarking('stopped')
    expect(await postern.kill('SIGTERM')).toBe(0)
    await postern.restart()
    await expectOnce('stopped', jobs, 'The server was stopped while the job ran.')
  })

  test('PostgreSQL: what ran has failed, what waited runs', async () => {
    const jobs = await startMarking('restarted')
    process.kill(postmasterPid(postern), 'SIGINT')
    await expectOnce('restarted', jobs, /connection to the database was lost|lost sight/)
  })
})
