import { Writable } from 'node:stream'
import { expect, test } from 'vitest'
import type { Session } from '../../warehouse/session.ts'
import { createDownload } from './download.ts'

/** A session that only says whether it is held up. */
function createFakeSession() {
  const state = { paused: false }
  const session = {
    pause: () => {
      state.paused = true
    },
    resume: () => {
      state.paused = false
    },
  } as Session
  return { state, session }
}

test('holds the session up while the client does not read, and keeps less than two blocks', async () => {
  const taken: (() => void)[] = []
  const received: Buffer[] = []
  const output = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _encoding, done) {
      received.push(chunk)
      taken.push(done)
    },
  })
  let starts = 0
  const download = createDownload(output, () => {
    starts += 1
  })
  const { state, session } = createFakeSession()
  const sink = download.sink(session)
  const rows = Array.from({ length: 100_000 }, (_, n) => Buffer.from(`row ${n}\n`))
  let kept = 0
  let mostKept = 0
  for (const row of rows) {
    while (state.paused) {
      taken.shift()?.()
      await new Promise(setImmediate)
      kept = output.writableLength
    }
    sink.copyData?.(row, 0, row.length)
    kept = output.writableLength
    mostKept = Math.max(mostKept, kept)
  }
  const ended = new Promise((resolve) => output.on('finish', resolve))
  download.finish()
  output.end()
  const timer = setInterval(() => taken.shift()?.(), 1)
  await ended
  clearInterval(timer)
  expect(Buffer.concat(received).equals(Buffer.concat(rows))).toBe(true)
  expect(starts).toBe(1)
  expect(mostKept).toBeLessThan(64 * 1024)
})

test('a row of any size is whole', async () => {
  const received: Buffer[] = []
  const output = new Writable({
    write(chunk: Buffer, _encoding, done) {
      received.push(chunk)
      done()
    },
  })
  const download = createDownload(output, () => {})
  const sink = download.sink(createFakeSession().session)
  const rows = [10, 40_000, 32 * 1024, 1, 100_000].map((size, n) => Buffer.alloc(size, n + 1))
  for (const row of rows) sink.copyData?.(row, 0, row.length)
  download.finish()
  expect(Buffer.concat(received).equals(Buffer.concat(rows))).toBe(true)
})
