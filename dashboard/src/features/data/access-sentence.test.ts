import { expect, it } from 'vitest'
import { accessSentence } from './access-sentence.ts'

it('says of a query that it is all that is open, and of sites that they are', () => {
  expect(accessSentence({ by: 'query', source: 'select 1', referers: [] })).toBe(
    'By this query alone: select 1',
  )
  expect(
    accessSentence({ by: 'wildcard', source: 'public.cap*', referers: ['https://a.example'] }),
  ).toBe('It was granted public.cap*. From https://a.example only')
})
