// @vitest-environment jsdom
import { act, renderHook } from '@testing-library/react'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ApiError } from '../../client/api-error.ts'
import { useWait } from './use-wait.ts'

const refusalAfter = (seconds?: number) => {
  const headers = new Headers(seconds === undefined ? {} : { 'retry-after': String(seconds) })
  return new ApiError('Try again later.', { status: 429, headers }, undefined)
}
const pass = async (seconds: number) => {
  for (let passed = 0; passed < seconds; passed += 1) {
    await act(() => vi.advanceTimersByTimeAsync(1_000))
  }
}

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('counts down what the server has said, and begins anew with another refusal', async () => {
  const { result, rerender } = renderHook(useWait, { initialProps: refusalAfter(3) as unknown })
  expect(result.current).toBe(3)
  await pass(2)
  expect(result.current).toBe(1)
  rerender(refusalAfter(5))
  expect(result.current).toBe(5)
  await pass(9)
  expect(result.current).toBe(0)
})

it.each([undefined, new Error('no'), refusalAfter()])('is nothing for %s', (refusal) => {
  expect(renderHook(useWait, { initialProps: refusal as unknown }).result.current).toBe(0)
})
