import { AccessError } from '../errors.ts'
import { parseTokenSource } from '../policy/parse-token-source.ts'
import { readQuery } from '../policy/read-query.ts'
import { isSourceName } from '../policy/source-name.ts'
import { isStorableText } from '../policy/storable-text.ts'
import type { RelationRef } from '../policy/survey-statement.ts'

/** What a request about a named source says; what is absent is undefined. */
export type NamedSourceRequest = {
  readonly name: string | undefined
  readonly connection: string | undefined
  readonly description: string | null | undefined
  readonly query:
    | {
        readonly statement: string
        readonly fingerprint: string
        readonly relations: readonly RelationRef[]
      }
    | undefined
}

const members = ['name', 'connection', 'connection_name', 'description', 'source']
const maxDescriptionLength = 1_000

/**
 * Reads the body of a request about a named source: `name`, `connection_name`, `description`, and
 * `source`, one SELECT that only reads. Throws invalid_named_source with the member's name.
 */
export function parseNamedSource(body: unknown): NamedSourceRequest {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw invalid('The body must be a JSON object')
  }
  const stranger = Object.keys(body).find((member) => !members.includes(member))
  if (stranger !== undefined) throw invalid(`The body can have only ${members.join(', ')}`)
  const given = body as Record<string, unknown>
  return {
    name: given.name === undefined ? undefined : readName(given.name),
    connection: readConnection(given.connection_name ?? given.connection),
    description: readDescription(given.description),
    query: given.source === undefined ? undefined : readStatement(given.source),
  }
}

export function invalid(sentence: string): AccessError {
  return new AccessError('invalid_named_source', { message: sentence })
}

function readName(value: unknown): string {
  // A word that is a statement by itself could be asked for as either.
  if (typeof value === 'string' && isSourceName(value) && !readQuery(value).shape.understood) {
    return value
  }
  throw invalid(
    'name must be 3 to 51 lower-case letters, digits, hyphens and underscores, begin and end with a letter or digit, and be no word of SQL',
  )
}

function readConnection(value: unknown): string | undefined {
  if (value === undefined) return undefined
  if (typeof value === 'string' && value !== '' && isStorableText(value)) return value
  throw invalid('connection_name must be the name of a connection')
}

function readDescription(value: unknown): string | null | undefined {
  if (value === undefined) return undefined
  if (value === null || value === '') return null
  const isText = typeof value === 'string' && isStorableText(value)
  if (isText && value.length <= maxDescriptionLength) return value
  throw invalid(`description must be a text of at most ${maxDescriptionLength} characters`)
}

function readStatement(value: unknown): NamedSourceRequest['query'] {
  const parsed = parseTokenSource(value, [])
  if (!parsed.ok) throw invalid(`source ${parsed.message}`)
  if (parsed.source.kind !== 'query') throw invalid('source must be one SELECT')
  const { statement, fingerprint, relations } = parsed.source
  return { statement, fingerprint, relations }
}
