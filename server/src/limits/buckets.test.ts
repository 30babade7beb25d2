import fc from 'fast-check'
import { beforeEach, expect, test } from 'vitest'
import { type Buckets, createBuckets } from './buckets.ts'

let nowMs: number
let buckets: Buckets
const rate = { perSecond: 2, burst: 4 }

beforeEach(() => {
  nowMs = 5_000_000
  buckets = createBuckets({ maxBuckets: 3, monotonicNow: () => nowMs })
})

const takeMany = (key: string, times: number) =>
  Array.from({ length: times }, () => buckets.take(key, rate).isAllowed)

test('a full bucket gives its burst at once, and then nothing', () => {
  expect(takeMany('a', 6)).toEqual([true, true, true, true, false, false])
})

test('what is left, and until when, is told in whole numbers', () => {
  expect(buckets.take('a', rate)).toEqual({
    isAllowed: true,
    limit: 4,
    remaining: 3,
    resetSeconds: 1,
    retryAfterSeconds: 0,
  })
  takeMany('a', 3)
  expect(buckets.take('a', rate)).toEqual({
    isAllowed: false,
    limit: 4,
    remaining: 0,
    resetSeconds: 2,
    retryAfterSeconds: 1,
  })
})

test('it fills at its rate, and not beyond its burst', () => {
  takeMany('a', 4)
  nowMs += 499
  expect(takeMany('a', 1)).toEqual([false])
  nowMs += 1
  expect(takeMany('a', 2)).toEqual([true, false])
  nowMs += 3_600_000
  expect(takeMany('a', 5)).toEqual([true, true, true, true, false])
})

test('whoever waits as long as they are told succeeds', () => {
  const slow = { perSecond: 0.25, burst: 1 }
  buckets.take('a', slow)
  const { retryAfterSeconds } = buckets.take('a', slow)
  expect(retryAfterSeconds).toBe(4)
  nowMs += retryAfterSeconds * 1_000
  expect(buckets.take('a', slow).isAllowed).toBe(true)
})

test('attempts that fail cost nothing, and looking does not either', () => {
  takeMany('a', 100)
  for (let looks = 0; looks < 10; looks += 1) buckets.look('b', rate)
  nowMs += 500
  expect(takeMany('a', 1)).toEqual([true])
  expect(buckets.look('b', rate)).toMatchObject({ isAllowed: true, remaining: 4 })
})

test('keys do not spend what is others', () => {
  takeMany('a', 4)
  expect(takeMany('b', 4)).toEqual([true, true, true, true])
})

test('a rate that was lowered holds at once, and owes nothing from before', () => {
  const before = { perSecond: 0.1, burst: 1_000 }
  for (let taken = 0; taken < 500; taken += 1) buckets.take('a', before)
  expect(takeMany('a', 1)).toEqual([false])
  nowMs += 500
  expect(takeMany('a', 1)).toEqual([true])
})

test('the bucket that was used longest ago makes room', () => {
  takeMany('a', 4)
  takeMany('b', 4)
  takeMany('c', 3)
  buckets.take('c', rate)
  buckets.take('d', rate)
  expect(buckets.size()).toBe(3)
  expect(['b', 'c'].map((key) => buckets.look(key, rate).isAllowed)).toEqual([false, false])
  expect(buckets.look('a', rate).isAllowed).toBe(true)
})

test('in no stretch of time is more given than the burst and what came free meanwhile', () => {
  fc.assert(
    fc.property(
      fc.record({
        perSecond: fc.integer({ min: 1, max: 50 }),
        burst: fc.integer({ min: 1, max: 20 }),
      }),
      fc.array(fc.integer({ min: 0, max: 2_000 }), { minLength: 1, maxLength: 200 }),
      (anyRate, waits) => {
        let at = 0
        const mine = createBuckets({ maxBuckets: 1, monotonicNow: () => at })
        const taken: number[] = []
        for (const wait of waits) {
          at += wait
          if (mine.take('a', anyRate).isAllowed) taken.push(at)
        }
        for (const [first, from] of taken.entries()) {
          for (const [last, until] of taken.entries()) {
            const most = anyRate.burst + ((until - from) / 1_000) * anyRate.perSecond
            if (last >= first && last - first + 1 > most + 0.01) return false
          }
        }
        return true
      },
    ),
  )
})
