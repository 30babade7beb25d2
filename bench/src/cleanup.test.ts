import { expect, test } from 'vitest'
import { createCleanup } from './cleanup.ts'

test('everything is undone once, last first, whatever fails', async () => {
  const done: string[] = []
  const failures: unknown[] = []
  const cleanup = createCleanup((error) => failures.push(error))
  cleanup.add(async () => void done.push('directory'))
  cleanup.add(async () => {
    throw new Error('gone already')
  })
  cleanup.add(async () => void done.push('server'))
  await Promise.all([cleanup.run(), cleanup.run()])
  expect(done).toEqual(['server', 'directory'])
  expect(failures).toEqual([new Error('gone already')])
})
