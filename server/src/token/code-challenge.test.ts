import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { answersChallenge } from './code-challenge.ts'

// RFC 7636, appendix B
const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

test('the verifier of the example answers its challenge, and no other does', () => {
  expect(answersChallenge(verifier, challenge)).toBe(true)
  expect(answersChallenge(`${verifier.slice(0, -1)}l`, challenge)).toBe(false)
  expect(answersChallenge(verifier, `${challenge}=`)).toBe(false)
  expect(answersChallenge(verifier, '')).toBe(false)
})

test('a challenge never answers itself: it is not plain', () => {
  expect(answersChallenge(challenge, challenge)).toBe(false)
})

test('what is no verifier answers nothing, though its hash be right', () => {
  for (const text of ['', 'x'.repeat(42), 'x'.repeat(129), `${'x'.repeat(43)}!`]) {
    const itsChallenge = createHash('sha256').update(text).digest('base64url')
    expect(answersChallenge(text, itsChallenge)).toBe(false)
  }
})
