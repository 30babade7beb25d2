import { expect, test } from 'vitest'
import { signInDelays } from './sign-in-delay.ts'

test('the first failures cost nothing, then each costs twice as much, up to a quarter of an hour', () => {
  expect(signInDelays.user).toEqual([0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900])
})

test('an address may be wrong more often than a user', () => {
  expect(signInDelays.address.filter((delay) => delay === 0)).toHaveLength(19)
  expect(signInDelays.address.slice(19)).toEqual(signInDelays.user.slice(4))
})

test('whoever guesses without a pause gets fewer than two hundred tries a day', () => {
  let [tries, seconds] = [0, 0]
  while (seconds < 86_400) {
    seconds += signInDelays.user[tries] ?? signInDelays.user.at(-1) ?? 0
    tries += 1
  }
  expect(tries).toBeLessThan(200)
})
