import { parseArgs } from 'node:util'
import { type Profile, profiles } from './profile.ts'

/** What can be measured, by the letters that reports use. */
export const measurements = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'] as const

export type Measurement = (typeof measurements)[number]

export type Arguments = {
  readonly profile: Profile
  readonly only: readonly Measurement[]
}

/** Reads `[--quick] [--only a,b]`. Throws a sentence for anything else. */
export function parseArguments(words: readonly string[]): Arguments {
  const { values } = parseArgs({
    args: [...words],
    options: { quick: { type: 'boolean' }, only: { type: 'string' } },
  })
  return {
    profile: values.quick === true ? profiles.quick : profiles.full,
    only: values.only === undefined ? measurements : readLetters(values.only),
  }
}

function readLetters(text: string): Measurement[] {
  const letters = text.split(',').map((letter) => letter.trim())
  const unknown = letters.find((letter) => !isMeasurement(letter))
  if (unknown !== undefined) {
    throw new Error(`--only '${text}': '${unknown}' is none of ${measurements.join(', ')}.`)
  }
  return measurements.filter((each) => letters.includes(each))
}

function isMeasurement(text: string): text is Measurement {
  return (measurements as readonly string[]).includes(text)
}
