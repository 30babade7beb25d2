import { LRUCache } from 'lru-cache'
import { classifyStatement } from './classify-statement.ts'
import type { QuerySource } from './decide-source.ts'
import { fingerprintStatement } from './fingerprint-statement.ts'

/** Texts that were read lately, for pages ask for the same one again and again. */
const maxRememberedBytes = 8 * 1024 * 1024

const remembered = new LRUCache<string, QuerySource>({
  maxSize: maxRememberedBytes,
  // The tree's survey is about as large as its text.
  sizeCalculation: (_query, text) => 4 * text.length + 500,
})

/** Longer statements are refused before they are parsed: the parser runs on the event loop. */
const maxBytes = 128 * 1024

/** Reads a caller's query for deciding on it. Never throws: what is not understood is denied. */
export function readQuery(text: string): QuerySource {
  const known = remembered.get(text)
  if (known !== undefined) return known
  const shape = classifyStatement(text, { maxBytes })
  const query: QuerySource = {
    kind: 'query',
    text,
    shape,
    fingerprint: shape.understood ? fingerprintStatement(text) : '',
  }
  remembered.set(text, query)
  return query
}
