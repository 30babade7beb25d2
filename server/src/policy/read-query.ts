import { LRUCache } from 'lru-cache'
import { classifyStatement, notUnderstood, type StatementShape } from './classify-statement.ts'
import type { QuerySource } from './decide-source.ts'
import { fingerprintStatement } from './fingerprint-statement.ts'
import { numberParameters } from './number-parameters.ts'

/** Texts that were read lately, for pages ask for the same one again and again. */
const maxRememberedBytes = 8 * 1024 * 1024

const remembered = new LRUCache<string, QuerySource>({
  maxSize: maxRememberedBytes,
  // The tree's survey is about as large as its text.
  sizeCalculation: (_query, text) => 4 * text.length + 500,
})

/** Longer statements are refused before they are parsed: the parser runs on the event loop. */
const maxBytes = 128 * 1024

/**
 * Reads a caller's query for deciding on it: with `$n` in the place of each `@name`, as it would run,
 * which is what the ranges of its shape refer to. Never throws: what is not understood is denied.
 */
export function readQuery(text: string): QuerySource {
  const known = remembered.get(text)
  if (known !== undefined) return known
  const { text: numbered, names } =
    text.length > maxBytes ? { text, names: [] } : numberParameters(text)
  const shape = classifyStatement(numbered, { maxBytes })
  const query = { kind: 'query', text, ...recognise(shape, numbered, names) } as const
  remembered.set(text, query)
  return query
}

function recognise(
  shape: StatementShape,
  numbered: string,
  names: readonly string[],
): Pick<QuerySource, 'shape' | 'fingerprint'> {
  if (!shape.understood) return { shape, fingerprint: '' }
  try {
    return { shape, fingerprint: fingerprintStatement(numbered, names) }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    // The survey keeps a stack of its own; writing the tree down does not.
    return { shape: notUnderstood('The statement is nested too deeply.'), fingerprint: '' }
  }
}
