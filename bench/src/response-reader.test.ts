import { expect, test } from 'vitest'
import { createResponseReader } from './response-reader.ts'

const plain = 'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\nhello\r\n\r\nyo'
const chunked =
  'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\nA\r\n\r\n456789ab\r\n0\r\n\r\n'
const empty = 'HTTP/1.1 204 No Content\r\nvary: Authorization\r\n\r\n'

const all = Buffer.from(plain + chunked + empty + plain)
const expected = [
  [200, 11],
  [200, 15],
  [204, 0],
  [200, 11],
]

test.each([1, 2, 3, 7, 64, all.length])(
  'responses are told apart in pieces of %i bytes',
  (size) => {
    const responses: [number, number][] = []
    const read = createResponseReader((status, bytes) => responses.push([status, bytes]))
    for (let at = 0; at < all.length; at += size) read(all.subarray(at, at + size))
    expect(responses).toEqual(expected)
  },
)

test('a response counts only when its last byte is there', () => {
  const statuses: number[] = []
  const read = createResponseReader((status) => statuses.push(status))
  read(Buffer.from(plain.slice(0, -1)))
  expect(statuses).toEqual([])
  read(Buffer.from(plain.slice(-1)))
  expect(statuses).toEqual([200])
})
