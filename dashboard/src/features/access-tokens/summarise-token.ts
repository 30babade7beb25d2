import { formatDateTime } from '../../format/times.ts'
import { readReferer, splitReferers } from './read-referer.ts'
import { sourceKindOf } from './source-kind.ts'
import { apiTitles, hasDestinations, needsSource, type TokenApi } from './token-apis.ts'
import { expirationOf, type TokenDraft } from './token-draft.ts'

/** What a token will let whoever has it do, in plain sentences. */
export function summariseToken(
  draft: TokenDraft,
  nowMs: number,
  namedSources: readonly string[] = [],
): readonly string[] {
  if (draft.apis.length === 0) return []
  return [
    ...summariseSources(draft, namedSources),
    summariseSites(draft.referers),
    summariseEnd(draft, nowMs),
    hasDestinations(draft.apis)
      ? 'It reads nothing.'
      : 'It only reads: nothing can be changed with it.',
  ]
}

function summariseSources({ apis, grants }: TokenDraft, namedSources: readonly string[]): string[] {
  const reading = apis.filter((api) => api !== 'lds' && api !== 'imports')
  const sentences: string[] = []
  if (apis.includes('lds')) {
    sentences.push('Whoever has it can use the location data services of this account.')
  }
  if (!needsSource(apis)) return sentences
  if (grants.length === 0) return [...sentences, 'It opens no source yet.']
  const verb = hasDestinations(apis) ? 'import into' : 'read'
  const by = hasDestinations(apis) ? 'the Import API' : listOf(reading.map(titleOf))
  for (const connection of new Set(grants.map((grant) => grant.connection))) {
    const there = grants.filter((grant) => grant.connection === connection)
    const what = listOf(there.map(({ source }) => nameSource(source, namedSources)))
    sentences.push(`Whoever has it can ${verb} ${what} on the connection ${connection}, by ${by}.`)
  }
  return sentences
}

const titleOf = (api: TokenApi) => `the ${apiTitles[api]}`

/** A source as a part of a sentence. */
function nameSource(source: string, namedSources: readonly string[]): string {
  const text = source.trim()
  switch (sourceKindOf(text, namedSources)) {
    case 'all':
      return 'every table, also those that are made later'
    case 'wildcard':
      return `the tables whose names match ${text}, also those that are made later`
    case 'named_source':
      return `the named source ${text}`
    case 'table':
      return text
    case 'query':
      return /[@$]\w/.test(text)
        ? `the rows of one query, with parameters of their choice (${shorten(text)})`
        : `the rows of one query (${shorten(text)})`
  }
}

const maxShownLength = 60

function shorten(text: string): string {
  const line = text.replace(/\s+/g, ' ')
  return line.length <= maxShownLength ? line : `${line.slice(0, maxShownLength - 1)}…`
}

function summariseSites(referers: string): string {
  const sites = splitReferers(referers).map(readReferer)
  if (sites.length === 0) return 'It can be used from anywhere: any site, and programs.'
  const stored = new Set(sites.map((site) => (site.ok ? site.stored : site.written)))
  return `It works only on pages of ${listOf([...stored])}; programs that send no site are refused.`
}

function summariseEnd({ expiry }: TokenDraft, nowMs: number): string {
  const expiration = expirationOf(expiry, nowMs)
  if (expiration === undefined) return 'It has no valid end yet.'
  if (expiration === null) return 'It works until it is deleted.'
  return `It works until ${formatDateTime(expiration)}, and that time cannot be changed later.`
}

/** Several things in one sentence. */
export function listOf(things: readonly string[]): string {
  if (things.length < 2) return things.join('')
  return `${things.slice(0, -1).join(', ')} and ${things.at(-1)}`
}
