import { hasDestinations, type TokenApi } from './token-apis.ts'

/** What a source of a grant is, as the dashboard lets it be chosen. */
export const sourceKinds = ['table', 'query', 'named_source', 'wildcard', 'all'] as const

export type SourceKind = (typeof sourceKinds)[number]

export const sourceKindTitles: Readonly<Record<SourceKind, string>> = {
  table: 'Table or tileset',
  query: 'SQL query',
  named_source: 'Named source',
  wildcard: 'Tables by pattern',
  all: 'All sources',
}

/** The kinds of sources that a token for these APIs can have. */
export function sourceKindsFor(apis: readonly TokenApi[]): readonly SourceKind[] {
  return hasDestinations(apis) ? ['table', 'wildcard', 'all'] : sourceKinds
}

/** What a source is, by its text; the names of named sources are told apart from tables by a list. */
export function sourceKindOf(source: string, namedSources: readonly string[] = []): SourceKind {
  const text = source.trim()
  if (text === '*') return 'all'
  if (/^\S+\.\S+\.[^\s(]*\*$/.test(text)) return 'wildcard'
  if (namedSources.includes(text)) return 'named_source'
  return isName(text) ? 'table' : 'query'
}

/** A dotted name, each part bare or in double quotes. */
function isName(text: string): boolean {
  return /^(?:"(?:[^"]|"")+"|[^\s".;()]+)(?:\.(?:"(?:[^"]|"")+"|[^\s".;()]+)){0,2}$/.test(text)
}

/** Why a pattern cannot be one; undefined: it can. */
export function findPatternProblem(pattern: string): string | undefined {
  const text = pattern.trim()
  if (text === '') return 'Write a pattern, such as default.public.cap*.'
  if (text === '*') return 'A lone * is all of the connection: choose "All sources" for that.'
  if (!text.endsWith('*')) return 'A pattern ends with *. For one table choose "Table or tileset".'
  if (text.slice(0, -1).includes('*')) return 'A pattern has one *, at its end.'
  if (text.split('.').length !== 3) {
    return 'Name the connection and the schema before the *, such as default.public.cap*.'
  }
  return undefined
}
