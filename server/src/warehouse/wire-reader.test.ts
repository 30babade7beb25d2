import { describe, expect, it } from 'vitest'
import { readRow } from '../../test/run-in-session.ts'
import { createWireReader, type WireHandler } from './wire-reader.ts'

/** A message as the server sends it: type, length, body. */
function message(type: string, ...parts: readonly (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => Buffer.from(part)))
  const header = Buffer.alloc(5)
  header.write(type)
  header.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}

const int16 = (value: number) => Buffer.from([value >> 8, value & 0xff])

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

const dataRow = (...values: readonly (string | null)[]) =>
  message(
    'D',
    int16(values.length),
    ...values.flatMap((value) =>
      value === null ? [int32(-1)] : [int32(Buffer.byteLength(value)), value],
    ),
  )

const column = (name: string, typeOid: number, typeModifier: number) =>
  Buffer.concat([
    Buffer.from(`${name}\0`),
    int32(0),
    int16(0),
    int32(typeOid),
    int16(4),
    int32(typeModifier),
    int16(0),
  ])

/** Says what a reader makes of these chunks. */
function eventsOf(chunks: readonly Buffer[], maxMessageBytes?: number): unknown[] {
  const events: unknown[] = []
  const handler: WireHandler = {
    rowDescription: (columns) => events.push(['columns', columns]),
    dataRow: (buffer, offset, columnCount) =>
      events.push(['row', readRow(buffer, offset, columnCount)]),
    commandComplete: (tag) => events.push(['complete', tag]),
    error: (notice) => events.push(['error', notice]),
    notice: (notice) => events.push(['notice', notice]),
    parameterStatus: (name) => events.push(['parameter', name]),
    readyForQuery: (status) => events.push(['ready', status]),
    copyIn: () => events.push(['copyIn']),
    copyOut: () => events.push(['copyOut']),
    copyData: (buffer, start, end) =>
      events.push(['copyData', buffer.toString('latin1', start, end)]),
    unexpected: (type) => events.push(['unexpected', type]),
  }
  const read = createWireReader(handler, maxMessageBytes)
  for (const chunk of chunks) read(chunk)
  return events
}

const stream = Buffer.concat([
  message('1'),
  message('2'),
  message('T', int16(2), column('größe', 23, -1), column('', 4_000_000_000 | 0, 1107460)),
  dataRow('1', 'Ä €'),
  dataRow(null, ''),
  message('N', 'SWARNUNG\0VWARNING\0C01000\0Mbe careful\0\0'),
  message('C', 'SELECT 2\0'),
  message('S', 'TimeZone\0UTC\0'),
  message('Z', 'T'),
  message('E', 'SERROR\0C42P01\0Mno such table\0Ddetail\0Hhint\0Wcontext\0P15\0\0'),
  message('I'),
  message('n'),
  message('Z', 'E'),
])

const expected = [
  [
    'columns',
    [
      { name: 'größe', typeOid: 23, typeModifier: -1 },
      { name: '', typeOid: 4_000_000_000, typeModifier: 1107460 },
    ],
  ],
  ['row', ['1', 'Ä €']],
  ['row', [null, '']],
  [
    'notice',
    {
      severity: 'WARNING',
      sqlstate: '01000',
      message: 'be careful',
      detail: undefined,
      hint: undefined,
      context: undefined,
    },
  ],
  ['complete', 'SELECT 2'],
  ['parameter', 'TimeZone'],
  ['ready', 'T'],
  [
    'error',
    {
      severity: 'ERROR',
      sqlstate: '42P01',
      message: 'no such table',
      detail: 'detail',
      hint: 'hint',
      context: 'context',
    },
  ],
  ['ready', 'E'],
]

describe('the wire reader', () => {
  it('reports messages in their order', () => {
    expect(eventsOf([stream])).toEqual(expected)
  })

  it('reports the same wherever the stream is split', () => {
    for (let at = 0; at <= stream.length; at += 1) {
      const chunks = [stream.subarray(0, at), stream.subarray(at)]
      expect(eventsOf(chunks), `split at ${at}`).toEqual(expected)
    }
  })

  it.each([1, 2, 3, 4, 5, 6, 7, 64])('reports the same from chunks of %i bytes', (size) => {
    const chunks: Buffer[] = []
    for (let at = 0; at < stream.length; at += size) chunks.push(stream.subarray(at, at + size))
    expect(eventsOf(chunks)).toEqual(expected)
  })

  it('reports nothing before a message is whole', () => {
    expect(eventsOf([dataRow('whole').subarray(0, -1)])).toEqual([])
  })

  it('puts a large message together once, also when its header came in pieces', () => {
    const value = 'x'.repeat(32 * 1024 * 1024)
    const large = Buffer.concat([dataRow(value), message('Z', 'I')])
    const chunks = [large.subarray(0, 3)]
    // So many chunks that copying what is there with each of them would take minutes.
    for (let at = 3; at < large.length; at += 1024) chunks.push(large.subarray(at, at + 1024))
    const events = eventsOf(chunks)
    expect(events).toHaveLength(2)
    expect((events[0] as [string, string[]])[1][0]?.length).toBe(value.length)
  })

  it('does not wait for a message that is larger than it may be', () => {
    const chunk = dataRow('x'.repeat(10_000)).subarray(0, 100)
    expect(eventsOf([chunk], 20_000)).toEqual([])
    expect(() => eventsOf([chunk], 9_000)).toThrow(
      expect.objectContaining({ code: 'bytes_limit_exceeded' }),
    )
  })

  it.each([
    ['W', 'or both'],
    ['A', 'a notification'],
    ['K', 'a second log-in'],
  ])('reports %s as unexpected: %s', (type) => {
    expect(eventsOf([message(type, 'whatever')])).toEqual([['unexpected', type]])
  })

  it('reports a copy and each piece of it', () => {
    const pieces = [
      message('G', '\0\0\0'),
      message('H', '\0\0\0'),
      message('d', '1\t2\n'),
      message('c', ''),
    ]
    expect(eventsOf(pieces)).toEqual([['copyIn'], ['copyOut'], ['copyData', '1\t2\n']])
  })
})
