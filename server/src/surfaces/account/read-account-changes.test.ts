import { expect, it } from 'vitest'
import { readAccountChanges } from './read-account-changes.ts'

it.each([
  [{ show_once: true }, { showOnce: true }],
  [
    { show_once: false, master_on_data: true },
    { showOnce: false, masterOnData: true },
  ],
])('%j is read', (body, changes) => {
  expect(readAccountChanges(body)).toEqual(changes)
})

it.each([
  [{}, 'master_on_data or show_once is needed.'],
  [{ show_once: 'yes' }, 'show_once is true or false.'],
  [{ show_once: null }, 'show_once is true or false.'],
  [{ show_once: true, key_quota: 9 }, 'key_quota is set by the operator of this server.'],
  [{ engine: true }, 'engine is set by the operator of this server.'],
  [{ showOnce: true }, 'There is no setting "showOnce".'],
  [{ toString: true }, 'There is no setting "toString".'],
])('%j is refused: %s', (body, message) => {
  expect(() => readAccountChanges(body)).toThrow(message)
})
