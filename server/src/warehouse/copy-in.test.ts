import { Writable } from 'node:stream'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { readInSession } from '../../test/run-in-session.ts'
import { until } from '../../test/until.ts'
import { createTestWarehouse, type TestWarehouse } from '../../test/warehouse-database.ts'
import { createCopyIn } from './copy-in.ts'
import type { Session } from './session.ts'

let warehouse: TestWarehouse
let role: string
let session: Session

beforeAll(async () => {
  warehouse = await createTestWarehouse()
  role = await warehouse.createRole()
  await warehouse.superuser.query(
    `create table a (id int); create table closed (id int); grant select, insert on a to ${role}`,
  )
})

afterAll(() => warehouse.close())

beforeEach(async () => {
  session = await warehouse.open(role)
  await warehouse.superuser.query('truncate a')
})

afterEach(() => warehouse.endSessions())

async function* pieces(...texts: string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text)
}

/** One row, and then nothing for as long as anybody waits. */
async function* stuck(began: () => void = () => {}): AsyncGenerator<Buffer> {
  yield Buffer.from('1\n')
  began()
  await new Promise(() => {})
}

async function count(): Promise<number> {
  const { rows } = await warehouse.superuser.query<{ count: number }>(
    'select count(*)::int as count from a',
  )
  return rows[0]?.count ?? -1
}

const copy = (source: AsyncIterable<Buffer>, text = 'copy a from stdin') =>
  session.copyIn(text, source, {})

async function expectUsable(): Promise<void> {
  expect(await session.settled()).toBe(true)
  expect(await readInSession(session, 'select 1')).toBe('1')
}

describe('a copy from the client', () => {
  it('stores what it is sent, wherever it is cut', async () => {
    expect(await copy(pieces('1\n2', '2\n', '', '33\n\\.\n'))).toEqual({ tag: 'COPY 3' })
    await expectUsable()
    expect(await count()).toBe(3)
  })

  it('of nothing is of no rows', async () => {
    expect(await copy(pieces())).toEqual({ tag: 'COPY 0' })
    await expectUsable()
  })

  it.each<[what: string, source: () => AsyncIterable<Buffer>, text: string, sqlstate: string]>([
    ['a row is wrong', () => pieces('1\n', 'x\n'), 'copy a from stdin', '22P02'],
    [
      'a row is wrong and more follows',
      () => pieces('x\n', ...Array(100).fill('1\n')),
      'copy a from stdin',
      '22P02',
    ],
    ['the client would still send', () => stuck(), 'copy closed from stdin', '42501'],
    ['there is no such table', () => stuck(), 'copy nowhere from stdin', '42P01'],
    ['it is two statements', () => pieces(), 'copy a from stdin; select 1', '42601'],
  ])('leaves nothing when %s', async (_, source, text, sqlstate) => {
    await expect(copy(source(), text)).rejects.toMatchObject({ sqlstate })
    await expectUsable()
    expect(await count()).toBe(0)
  })

  it('ends at once when a row is wrong and the client sends no more', async () => {
    const source = async function* () {
      yield Buffer.from('x\n')
      await new Promise(() => {})
    }
    await expect(copy(source())).rejects.toMatchObject({ sqlstate: '22P02' })
    await expectUsable()
  })

  it('leaves nothing when the source breaks off, and says what the source said', async () => {
    const broken = async function* () {
      yield Buffer.from('1\n2\n')
      throw new RangeError('It was too much.')
    }
    await expect(copy(broken())).rejects.toThrow(new RangeError('It was too much.'))
    await expectUsable()
    expect(await count()).toBe(0)
  })

  it('is stopped by a cancel while it waits for its client', async () => {
    let running: Promise<unknown> | undefined
    await new Promise<void>((began) => {
      running = copy(stuck(began))
    })
    session.cancel()
    await expect(running).rejects.toMatchObject({ sqlstate: '57014' })
    await session.settled()
    expect(await count()).toBe(0)
  })

  it('leaves nothing when the session is lost', async () => {
    let running: Promise<unknown> | undefined
    await new Promise<void>((began) => {
      running = copy(stuck(began))
    })
    session.destroy()
    await expect(running).rejects.toThrow('session ended')
    await until(async () => expect(await warehouse.countBackends(role)).toBe(0))
    expect(await count()).toBe(0)
  })

  it.each(['select 1', 'insert into a values (1)', 'copy a to stdout'])(
    'is nothing else: %s',
    async (text) => {
      await expect(copy(pieces('1\n'), text)).rejects.toMatchObject({
        code: 'statement_not_allowed',
      })
    },
  )
})

it('a copy to the client gives its data piece by piece', async () => {
  const data: string[] = []
  const { tag } = await session.run(
    { text: 'copy (select generate_series(1, 3)) to stdout' },
    { copyData: (buffer, start, end) => data.push(buffer.toString('utf8', start, end)) },
  )
  expect([tag, ...data]).toEqual(['COPY 3', '1\n', '2\n', '3\n'])
  await expectUsable()
})

it('no more is asked of the source than PostgreSQL takes', async () => {
  let asked = 0
  const endless = async function* () {
    for (;;) {
      asked += 1
      yield Buffer.alloc(64 * 1024)
    }
  }
  const taken: (() => void)[] = []
  const stream = new Writable({
    highWaterMark: 64 * 1024,
    write: (_chunk, _encoding, done) => taken.push(done),
  })
  const upload = createCopyIn({ source: endless(), stream, close: () => {}, failed: () => {} })
  upload.start()
  for (let pieces = 1; pieces <= 5; pieces += 1) {
    await until(async () => expect(taken).toHaveLength(1))
    // However long it waits.
    for (let turn = 0; turn < 20; turn += 1) await new Promise(setImmediate)
    expect(asked).toBe(pieces)
    taken.shift()?.()
  }
  upload.stop()
})
