import { expect, test } from 'vitest'
import { AccessError } from './errors.ts'
import { createStopController } from './stop-signal.ts'

const revoked = new AccessError('credential_revoked')

test('a signal tells everybody once, with the first reason', () => {
  const { signal, abort } = createStopController()
  const told: string[] = []
  signal.addEventListener('abort', () => told.push(`one: ${signal.reason?.code}`))
  signal.addEventListener('abort', () => told.push(`two: ${signal.reason?.code}`), { once: true })
  expect([signal.aborted, signal.reason]).toEqual([false, undefined])
  signal.throwIfAborted()
  abort(revoked)
  abort(new AccessError('request_timed_out'))
  expect(told).toEqual(['one: credential_revoked', 'two: credential_revoked'])
  expect([signal.aborted, signal.reason]).toEqual([true, revoked])
  expect(() => signal.throwIfAborted()).toThrow(revoked)
})

test('nobody is told who no longer listens, or began to when it was over', () => {
  const { signal, abort } = createStopController()
  const told: string[] = []
  const early = () => told.push('early')
  signal.addEventListener('abort', early)
  signal.removeEventListener('abort', early)
  abort(revoked)
  signal.addEventListener('abort', () => told.push('late'))
  expect(told).toEqual([])
})

test('a listener that fails keeps no other from being told', async () => {
  const { signal, abort } = createStopController()
  let isTold = false
  signal.addEventListener('abort', () => {
    throw new Error('a listener failed')
  })
  signal.addEventListener('abort', () => {
    isTold = true
  })
  const thrown = nextUncaught()
  abort(revoked)
  expect(isTold).toBe(true)
  await expect(thrown).resolves.toMatchObject({ message: 'a listener failed' })
})

/** Vitest would take it for a failure of the test. */
async function nextUncaught(): Promise<unknown> {
  const listeners = process.listeners('uncaughtException')
  process.removeAllListeners('uncaughtException')
  try {
    return await new Promise((resolve) => process.once('uncaughtException', resolve))
  } finally {
    for (const listener of listeners) process.on('uncaughtException', listener)
  }
}
