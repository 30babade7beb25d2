import { expect, it } from 'vitest'
import { findApiBlock, needsSource, type TokenApi, toggleApi } from './token-apis.ts'

it('the Import API stands alone, whichever is chosen first, and says why', () => {
  expect(toggleApi('imports', ['sql'])).toEqual(['sql'])
  expect(toggleApi('maps', ['imports'])).toEqual(['imports'])
  expect(findApiBlock('imports', ['sql'])).toMatch(/cannot be combined/)
  expect(findApiBlock('sql', ['imports'])).toMatch(/cannot be combined/)
  expect(toggleApi('imports', [])).toEqual(['imports'])
})

it('an API that is chosen can always be taken out again', () => {
  for (const apis of [['imports'], ['sql', 'maps']] as const satisfies TokenApi[][]) {
    for (const api of apis) {
      expect(findApiBlock(api, apis)).toBeUndefined()
      expect(toggleApi(api, apis)).not.toContain(api)
    }
  }
})

it('APIs that read go together, in the order in which they are offered', () => {
  expect(toggleApi('sql', toggleApi('lds', ['maps']))).toEqual(['sql', 'maps', 'lds'])
})

it.each([
  [['lds'], false],
  [['lds', 'sql'], true],
  [['maps'], true],
  [['imports'], true],
] as const)('a token for %s needs a source: %s', (apis, expected) => {
  expect(needsSource(apis)).toBe(expected)
})
