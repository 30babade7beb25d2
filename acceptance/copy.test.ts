import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { gunzipSync, gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { holdTable } from './support/hold-table.ts'
import { findPublicRole, runAsOwner } from './support/populate-account.ts'
import { type AccountCredentials, type Postern, startPostern } from './support/postern.ts'
import {
  type Answer,
  basic,
  type CreatedKey,
  createKey,
  deleteKey,
  send,
} from './support/requests.ts'

let postern: Postern
let owner: AccountCredentials
let writer: CreatedKey
let reader: CreatedKey
let mapsOnly: CreatedKey

const maxUploadBytes = 2 * 1024 * 1024

beforeAll(async () => {
  postern = await startPostern({
    POSTERN_MAX_UPLOAD_BYTES: String(maxUploadBytes),
    POSTERN_STATEMENT_TIMEOUT_MS: '5000',
  })
  owner = await postern.createAccount('owner')
  const publicRole = await findPublicRole(postern, owner)
  for (const statement of [
    'create table uploads (n int, name text)',
    'create table closed (n int)',
    `insert into closed values (42)`,
    'create table open_table (n int)',
    'insert into open_table select generate_series(1, 3)',
    `grant select, insert on open_table to "${publicRole}"`,
  ]) {
    await runAsOwner(postern, owner, statement)
  }
  const on = (permissions: string[]) => ({ tables: [{ name: 'uploads', permissions }] })
  writer = await createKey(postern, owner, on(['select', 'insert']))
  reader = await createKey(postern, owner, on(['select']))
  mapsOnly = await createKey(postern, owner, { apis: ['maps'] })
})
afterAll(() => postern.stop())

beforeEach(async () => {
  await runAsOwner(postern, owner, 'truncate uploads')
})

const base = () => `${postern.url}/user/owner/api/v2/sql`
const csv = `COPY uploads(n,name) FROM stdin WITH (FORMAT csv, DELIMITER '|', NULL '__null')`
const plain = 'COPY "uploads" ("n","name") FROM STDIN WITH (FORMAT text, ENCODING UTF8)'

function address(path: 'copyfrom' | 'copyto', parameters: Record<string, string>): string {
  return `${base()}/${path}?${new URLSearchParams(parameters)}`
}

function upload(
  q: string,
  body: string | Uint8Array,
  { token = writer.token, ...init }: RequestInit & { token?: string } = {},
): Promise<Answer> {
  return send(address('copyfrom', { q, api_key: token }), {
    method: 'POST',
    body: body as string,
    ...init,
  })
}

const download = (q: string, token = writer.token, parameters: Record<string, string> = {}) =>
  send(address('copyto', { q, api_key: token, ...parameters }))

const stored = () => runAsOwner(postern, owner, 'select n, name from uploads order by n')

async function expectRefused(answer: Promise<Answer>, status: number, text: string): Promise<void> {
  const got = await answer
  expect({ status: got.status, ...got.json() }).toMatchObject({ status, error: [text] })
}

/** How many copies run: not the server's own vacuuming, which locks in another way. */
async function countCopies(): Promise<unknown> {
  const [row] = await runAsOwner(
    postern,
    owner,
    `select count(*)::int as n from pg_locks
     where relation = 'uploads'::regclass and mode in ('RowExclusiveLock', 'AccessShareLock')`,
  )
  return row?.n
}

const untilNothingRuns = () => expect.poll(countCopies).toBe(0)

describe('copyfrom', () => {
  test('as carto-python sends it: gzip, chunked, octet-stream', async () => {
    const answer = await upload(csv, gzipSync('1|a\n2|__null\n'), {
      headers: { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip' },
    })
    expect(answer.json()).toEqual({ time: expect.any(Number), total_rows: 2 })
    expect(answer.status).toBe(200)
    expect(await stored()).toEqual([
      { n: 1, name: 'a' },
      { n: 2, name: null },
    ])
  })

  test('as GDAL sends it: said to be a form, ended by a backslash and a full stop', async () => {
    const answer = await upload(plain, '1\tx=1&api_key=nonsense\n2\tb%zz+\n\\.\n', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    })
    expect(answer.json().total_rows).toBe(2)
    expect(await stored()).toEqual([
      { n: 1, name: 'x=1&api_key=nonsense' },
      { n: 2, name: 'b%zz+' },
    ])
  })

  test.each([
    'application/json',
    'multipart/form-data; boundary=x',
    'multipart/form-data',
    'text/plain',
    'text/csv; charset=utf-16',
    '*',
  ])('reads its body raw, whatever it is said to be: %s', async (type) => {
    // With the credential in the header: what stands in the body is data and nothing else.
    const answer = await send(address('copyfrom', { q: csv }), {
      method: 'POST',
      body: Buffer.from('1|{"api_key": "default_public"}\n'),
      headers: { ...basic('owner', writer.token), 'content-type': type },
    })
    expect(answer.json()).toMatchObject({ total_rows: 1 })
  })

  test('finds no credential in its body', async () => {
    const body = new URLSearchParams({ api_key: owner.master_key, q: plain })
    await expectRefused(
      send(address('copyfrom', { q: plain }), { method: 'POST', body }),
      403,
      'permission denied for table uploads',
    )
  })

  test('under other versions, with a trailing slash, to pages of other sites', async () => {
    for (const path of ['v1/sql/copyfrom', 'whatever/sql/copyfrom/']) {
      const url = `${postern.url}/user/owner/api/${path}?${new URLSearchParams({ q: csv, api_key: writer.token })}`
      const answer = await send(url, { method: 'POST', body: '1|a\n' })
      expect(answer.json()).toMatchObject({ total_rows: 1 })
      expect(answer.headers.get('access-control-allow-origin')).toBe('*')
      expect((await send(url, { method: 'OPTIONS' })).status).toBe(200)
    }
  })

  test.each<[q: string, status: number, text: string]>([
    ['', 400, 'SQL is missing'],
    ['select 1', 400, 'SQL must start with COPY'],
    ['copyright', 400, 'SQL must start with COPY'],
    ['copy uploads to stdout', 400, 'This address takes exactly one COPY ... FROM STDIN.'],
    [
      'copy uploads from stdin; drop table uploads',
      400,
      'This address takes exactly one COPY ... FROM STDIN.',
    ],
    ["copy uploads from '/etc/passwd'", 403, 'COPY is available from STDIN and to STDOUT only.'],
    ["copy uploads from program 'id'", 403, 'COPY is available from STDIN and to STDOUT only.'],
    ['copy closed from stdin', 403, 'permission denied for table closed'],
    ['copy pg_class from stdin', 403, 'system tables are forbidden'],
    ['copy nowhere from stdin', 400, 'relation "nowhere" does not exist'],
    ['copy uploads from', 400, 'syntax error at end of input'],
  ])('refuses %j', (q, status, text) => expectRefused(upload(q, '1\ta\n'), status, text))

  test('asks for q once, and for a credential that may', async () => {
    await expectRefused(
      send(`${base()}/copyfrom`, { method: 'POST', body: 'x' }),
      400,
      'SQL is missing',
    )
    await expectRefused(
      send(`${base()}/copyfrom?q=copy%20a&q=copy%20b`, { method: 'POST', body: 'x' }),
      400,
      'SQL is missing',
    )
    await expectRefused(upload(csv, '1|a\n', { token: 'rubbish' }), 401, 'Unauthorized')
    await expectRefused(upload(csv, '1|a\n', { token: mapsOnly.token }), 403, 'forbidden')
    await expectRefused(
      upload(csv, '1|a\n', { token: reader.token }),
      403,
      'permission denied for table uploads',
    )
    expect((await upload('copy open_table from stdin', '4\n', { token: '' })).status).toBe(200)
    expect(await stored()).toEqual([])
  })

  test('of nothing is an error', async () => {
    await expectRefused(upload(csv, ''), 400, 'No rows copied')
    await expectRefused(
      upload(csv, gzipSync(''), { headers: { 'content-encoding': 'gzip' } }),
      400,
      'No rows copied',
    )
  })

  test('stores all of it or nothing', async () => {
    const rows = `${'1|a\n'.repeat(50_000)}x|wrong\n${'2|b\n'.repeat(50_000)}`
    const answer = await upload(csv, rows)
    expect(answer.status).toBe(400)
    expect(answer.json().error).toEqual(['invalid input syntax for type integer: "x"'])
    expect(await stored()).toEqual([])
  })

  test('takes gzip only when it is gzip, and all of it', async () => {
    const gzip = { headers: { 'content-encoding': 'gzip' } }
    await expectRefused(
      upload(csv, '1|a\n', gzip),
      400,
      'Error while gunzipping: incorrect header check',
    )
    const whole = gzipSync('1|a\n'.repeat(10_000))
    await expectRefused(
      upload(csv, whole.subarray(0, whole.length - 12), gzip),
      400,
      'Error while gunzipping: unexpected end of file',
    )
    expect((await upload(csv, '1|a\n', { headers: { 'content-encoding': 'br' } })).status).toBe(415)
    expect(await stored()).toEqual([])
  })

  test('has a largest size, as sent and as unpacked', async () => {
    const tooMuch = 'COPY FROM maximum POST size of 2 MB exceeded'
    const rows = '1|aaaaaaaaaaaaaaaaaaaaaaaaaaaaa\n'.repeat(80_000)
    await expectRefused(upload(csv, rows), 400, tooMuch)
    const chunked = new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from(rows))
        controller.close()
      },
    })
    await expectRefused(
      send(address('copyfrom', { q: csv, api_key: writer.token }), {
        method: 'POST',
        body: chunked,
        duplex: 'half',
      } as RequestInit),
      400,
      tooMuch,
    )
    const bomb = gzipSync(rows)
    expect(bomb.length).toBeLessThan(maxUploadBytes / 50)
    await expectRefused(
      upload(csv, bomb, { headers: { 'content-encoding': 'gzip' } }),
      400,
      tooMuch,
    )
    expect(await stored()).toEqual([])
  })

  test('ends at the quota of the account', async () => {
    const [used] = await runAsOwner(postern, owner, 'select cdb_userdatasize()::float8 as bytes')
    const setQuota = (bytes: number) =>
      runAsOwner(postern, owner, `select cdb_setuserquotainbytes(${bytes})`)
    await setQuota(Number(used?.bytes) + 1_000_000)
    await expectRefused(
      upload(csv, '1|aaaaaaaaaaaaaaaa\n'.repeat(60_000)),
      400,
      'DB Quota exceeded',
    )
    expect(await stored()).toEqual([])
    // What was undone is on disk until somebody cleans up.
    await runAsOwner(postern, owner, 'truncate uploads')
    expect((await upload(csv, '1|a\n')).status).toBe(200)
    await setQuota(1)
    await expectRefused(upload(csv, '1|a\n'), 400, 'DB Quota exceeded')
    await setQuota(0)
    expect((await upload(csv, '1|a\n')).status).toBe(200)
  })
})

/** Sends the head of an upload, and some of its body. */
async function beginUpload(token: string, headers: Record<string, string>, body: string) {
  const url = new URL(address('copyfrom', { q: csv, api_key: token }))
  const socket = connect(Number(url.port), url.hostname)
  await once(socket, 'connect')
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`)
  socket.write(
    [`POST ${url.pathname}${url.search} HTTP/1.1`, `host: ${url.host}`, ...lines, '', body].join(
      '\r\n',
    ),
  )
  let answer = ''
  socket.on('data', (chunk) => {
    answer += chunk
  })
  socket.on('error', () => {})
  await expect.poll(countCopies).toBe(1)
  return { socket, answer: () => answer }
}

describe('an upload that is not finished leaves nothing and frees its session', () => {
  test.each<[what: string, headers: Record<string, string>, body: string]>([
    ['before its Content-Length is met', { 'content-length': '1000' }, '1|a\n2|b\n'],
    ['between two chunks', { 'transfer-encoding': 'chunked' }, '4\r\n1|a\n\r\n'],
    ['within a chunk', { 'transfer-encoding': 'chunked' }, 'ff\r\n1|a\n'],
  ])('when its client goes away %s', async (_, headers, body) => {
    // More of them than a role has sessions for copies.
    for (let times = 0; times < 5; times += 1) {
      const { socket } = await beginUpload(writer.token, headers, body)
      socket.destroy()
      await untilNothingRuns()
    }
    expect(await stored()).toEqual([])
    expect((await upload(csv, '1|a\n')).status).toBe(200)
  })

  test('when its key is deleted', async () => {
    const key = await createKey(postern, owner, {
      tables: [{ name: 'uploads', permissions: ['insert'] }],
    })
    const { socket, answer } = await beginUpload(key.token, { 'content-length': '1000' }, '1|a\n')
    await deleteKey(postern, owner, key.name)
    // Over when the deletion answers.
    expect(await countCopies()).toBe(0)
    await expect.poll(answer).toMatch(/^HTTP\/1.1 401 /)
    socket.destroy()
    expect(await stored()).toEqual([])
  })
})

describe('copyto', () => {
  beforeEach(async () => {
    await runAsOwner(postern, owner, `insert into uploads values (1, 'a'), (2, null)`)
  })

  test('as carto-python asks for it', async () => {
    const answer = await download('COPY uploads TO stdout WITH (FORMAT csv, HEADER true)')
    expect({ status: answer.status, text: answer.text }).toEqual({
      status: 200,
      text: 'n,name\n1,a\n2,\n',
    })
    expect(answer.headers.get('content-type')).toBe('application/octet-stream')
    expect(answer.headers.get('content-disposition')).toBe(
      'attachment; filename=carto-sql-copyto.dmp',
    )
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    const posted = await send(
      address('copyto', { q: 'COPY uploads TO stdout', api_key: writer.token }),
      { method: 'POST' },
    )
    expect(posted.text).toBe('1\ta\n2\t\\N\n')
  })

  test('of a query, under a name', async () => {
    const answer = await download(
      `COPY (SELECT "n" FROM (select * from uploads) _q LIMIT 1) TO stdout WITH (FORMAT csv, HEADER true, NULL '__null')`,
      reader.token,
      { filename: 'tåble "x"\r\n.csv' },
    )
    expect(answer.text).toBe('n\n1\n')
    expect(answer.headers.get('content-disposition')).toBe(
      'attachment; filename=t%C3%A5ble%20%22x%22%0D%0A.csv',
    )
  })

  test('is compressed for who takes it so', async () => {
    const bytesFor = async (encoding: string, q = 'copy uploads to stdout') => {
      const url = new URL(address('copyto', { q, api_key: writer.token }))
      const request = httpRequest(url, { headers: { 'accept-encoding': encoding } }).end()
      const [response] = await once(request, 'response')
      const chunks: Buffer[] = []
      for await (const chunk of response) chunks.push(chunk)
      const { 'content-encoding': sent, vary } = response.headers
      return { sent, vary, bytes: Buffer.concat(chunks) }
    }
    const packed = await bytesFor('deflate, gzip;q=0.5')
    expect(packed).toMatchObject({ sent: 'gzip', vary: 'Authorization, Accept-Encoding' })
    expect(gunzipSync(packed.bytes).toString()).toBe('1\ta\n2\t\\N\n')
    for (const encoding of ['identity', 'gzip;q=0', 'br']) {
      expect((await bytesFor(encoding)).bytes.toString()).toBe('1\ta\n2\t\\N\n')
      const refused = await bytesFor(encoding, 'copy closed to stdout')
      expect(refused.bytes.toString()).toBe('{"error":["permission denied for table closed"]}')
    }
  })

  test('of nothing is nothing', async () => {
    const answer = await download('copy (select 1 where false) to stdout')
    expect([answer.status, answer.text]).toEqual([200, ''])
  })

  test.each<[q: string, status: number, text: string]>([
    ['', 400, 'SQL is missing'],
    ['table uploads', 400, 'SQL must start with COPY'],
    ['copy uploads from stdin', 400, 'This address takes exactly one COPY ... TO STDOUT.'],
    ['copy uploads to stdout; select 1', 400, 'This address takes exactly one COPY ... TO STDOUT.'],
    ["copy uploads to '/tmp/x'", 403, 'COPY is available from STDIN and to STDOUT only.'],
    ["copy uploads to program 'cat'", 403, 'COPY is available from STDIN and to STDOUT only.'],
    ['copy closed to stdout', 403, 'permission denied for table closed'],
    ['copy (select * from closed) to stdout', 403, 'permission denied for table closed'],
    ['copy (select * from pg_class) to stdout', 403, 'system tables are forbidden'],
    [
      'copy (insert into uploads values (3) returning n) to stdout',
      403,
      'COPY of a query is available for a SELECT that only reads.',
    ],
    ['copy (select 1 / 0) to stdout', 400, 'division by zero'],
  ])('refuses %j', (q, status, text) => expectRefused(download(q), status, text))

  test('of a query has the time of other statements when no key asks for it', async () => {
    const letGo = await holdTable(postern, owner, 'open_table')
    const q = 'COPY (SELECT count(*) FROM open_table) TO STDOUT'
    expect((await send(address('copyto', { q }))).status).toBe(429)
    await letGo()
  })

  test('tells an error that comes late behind the data', async () => {
    const answer = await download(
      'copy (select 1 / (200000 - n) from generate_series(1, 200000) as n) to stdout',
    )
    expect(answer.status).toBe(200)
    expect(answer.text).toMatch(/^0\n/)
    expect(answer.text).toMatch(/\{"error":\["division by zero"\]\}$/)
  })

  test('is over when its client is gone, and when its key is', async () => {
    const key = await createKey(postern, owner, {
      tables: [{ name: 'uploads', permissions: ['select'] }],
    })
    const q = `copy (select repeat('x', 1000), generate_series(1, 10000000) from uploads) to stdout`
    const begin = async () => {
      const client = new AbortController()
      const response = await fetch(address('copyto', { q, api_key: key.token }), {
        signal: client.signal,
      })
      expect(response.status).toBe(200)
      return { client, response }
    }
    // More of them than a role has sessions for copies. Nobody reads what they send.
    for (let times = 0; times < 5; times += 1) {
      const { client } = await begin()
      client.abort()
      await untilNothingRuns()
    }
    const { response } = await begin()
    await deleteKey(postern, owner, key.name)
    await expect(response.text()).rejects.toThrow()
    await untilNothingRuns()
  })
})

test('the SQL API itself copies nothing', async () => {
  for (const q of [
    'copy uploads to stdout',
    'copy uploads from stdin',
    'begin; copy uploads to stdout; commit',
  ]) {
    await expectRefused(
      send(base(), { method: 'POST', body: new URLSearchParams({ q, api_key: owner.master_key }) }),
      403,
      'COPY has addresses of its own: /api/v2/sql/copyfrom and /api/v2/sql/copyto.',
    )
  }
})
