import fc from 'fast-check'
import { expect, test } from 'vitest'
import { validateKeyName } from './validate-key-name.ts'

const taken = 'Name has already been taken'
const reserved = 'Name api_key name cannot be Master nor Default public'
const unstorable = 'Name contains a character that cannot be stored'

test.each<[name: unknown, isTaken: boolean, messages: string[]]>([
  ['parcels reader', false, []],
  ['master', false, []],
  ['Default Public', false, []],
  [' Master', false, []],
  ['clé 🗝 🗺️', false, []],
  ['a/b?c=d&e', false, []],
  ['x'.repeat(1024), false, []],
  ['parcels reader', true, [taken]],
  ['Master', false, [taken, reserved]],
  ['Master', true, [taken, reserved]],
  ['Default public', true, [taken, reserved]],
  [undefined, false, ["Name can't be blank"]],
  [null, false, ["Name can't be blank"]],
  ['', false, ["Name can't be blank"]],
  [' \t\n\u00a0', false, ["Name can't be blank"]],
  [0, false, ['Name has to be a string']],
  [true, false, ['Name has to be a string']],
  [['Master'], false, ['Name has to be a string']],
  [{ toString: 'x' }, false, ['Name has to be a string']],
  ['a\0b', false, [unstorable]],
  ['a\ud83d', false, [unstorable]],
  ['\udd11b', true, [unstorable]],
  ['x'.repeat(1025), false, ['Name is too long (maximum is 1024 bytes)']],
  ['é'.repeat(600), false, ['Name is too long (maximum is 1024 bytes)']],
])('%j (taken: %s): %j', (name, isTaken, messages) => {
  expect(validateKeyName(name, { isTaken })).toEqual(messages)
})

test('never throws, whatever the name', () => {
  fc.assert(
    fc.property(fc.anything(), fc.boolean(), (name, isTaken) => {
      expect(Array.isArray(validateKeyName(name, { isTaken }))).toBe(true)
    }),
  )
})
