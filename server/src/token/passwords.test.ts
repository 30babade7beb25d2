import { expect, test } from 'vitest'
import { createPasswords } from './passwords.ts'

const passwords = createPasswords()

test('the right password is told from others, and the hash is argon2id with a salt of its own', async () => {
  const [one, other] = [
    await passwords.hash('correct horse'),
    await passwords.hash('correct horse'),
  ]
  expect(one).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  expect(one).not.toBe(other)
  expect(await passwords.verify(one, 'correct horse')).toBe(true)
  expect(await passwords.verify(one, 'correct horsf')).toBe(false)
})

test('nobody has a password, not even the one that stands in', async () => {
  expect(await passwords.verify(undefined, 'nobody has this password')).toBe(false)
})

test('whoever finds the queue full is refused at once, and the others have their turn', async () => {
  const small = createPasswords({ maxConcurrent: 1, maxWaiting: 2 })
  const answers = await Promise.allSettled([1, 2, 3, 4].map(() => small.verify(undefined, 'x')))
  expect(answers.map(({ status }) => status)).toEqual([
    'fulfilled',
    'fulfilled',
    'fulfilled',
    'rejected',
  ])
  expect(answers[3]).toMatchObject({ reason: { code: 'sign_in_busy' } })
  expect(await small.verify(undefined, 'x')).toBe(false)
})
