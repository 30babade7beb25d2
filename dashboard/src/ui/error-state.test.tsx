// @vitest-environment jsdom
import { cleanup, render, screen } from '@testing-library/react'
import { afterEach, expect, test, vi } from 'vitest'
import { ApiError } from '../client/api-error.ts'
import { ErrorState } from './error-state.tsx'

afterEach(cleanup)

const answer = (status: number) =>
  new ApiError('Token not found', { status, headers: new Headers() }, {})

test('what is not there is not offered to be tried again', () => {
  render(<ErrorState error={answer(404)} onRetry={vi.fn()} />)
  expect(screen.getByText('Token not found')).toBeDefined()
  expect(screen.queryByRole('button')).toBeNull()
})

test('what failed for another reason is', () => {
  const onRetry = vi.fn()
  render(<ErrorState error={answer(500)} onRetry={onRetry} />)
  screen.getByRole('button', { name: 'Try again' }).click()
  expect(onRetry).toHaveBeenCalledOnce()
})
