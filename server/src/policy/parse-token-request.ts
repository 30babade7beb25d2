import { type TokenApi, tokenApis } from '../credential/principal.ts'
import { parseTime } from './parse-time.ts'
import { parseReferer } from './referers.ts'
import { isStorableText } from './storable-text.ts'

/** One grant as it was asked for. Its connection is still a name. */
export type RequestedSource = {
  readonly connectionName: string
  readonly source: string
  /**
   * Of a grant that is kept: the named source that its source is the name of, or null when it is none.
   * Absent: it is looked for.
   */
  readonly namedSourceId?: string | null
}

/** What a request to make or to edit an access token says; what it does not say is undefined. */
export type TokenRequest = {
  readonly name: string | undefined
  readonly allowedApis: readonly TokenApi[] | undefined
  readonly grants: readonly RequestedSource[] | undefined
  readonly referers: readonly string[] | undefined
  readonly expiresAt: Date | null | undefined
  /** What its owner should know about how it was read. */
  readonly notes: readonly string[]
}

export type TokenRequestResult =
  | { readonly ok: true; readonly request: TokenRequest }
  | ({ readonly ok: false } & TokenRefusal)

/** What is wrong, and with which member of the request where it is one. */
export type TokenRefusal = { readonly message: string; readonly field: string | undefined }

const maxNameLength = 255
const maxReferers = 100
/** Each query of a token has a role of its own. */
const maxGrants = 100

class Refusal extends Error {
  readonly field: string | undefined

  constructor(message: string, field?: string) {
    super(message)
    this.name = 'Refusal'
    this.field = field
  }
}

/**
 * Reads the body of a request to make or edit an access token. Members that it does not know are
 * refused: a restriction that was misspelt must not go missing. Never throws; the message names the member.
 */
export function parseTokenRequest(body: unknown, now: Date): TokenRequestResult {
  try {
    return { ok: true, request: readRequest(body, now) }
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, message: error.message, field: error.field }
    throw error
  }
}

/** What is wrong with a token as a whole, once it is known what all of its members are. */
export function findTokenRefusal(token: {
  readonly allowedApis: readonly TokenApi[]
  readonly grants: readonly { readonly kind: string }[]
}): TokenRefusal | undefined {
  const { allowedApis, grants } = token
  if (allowedApis.includes('imports') && allowedApis.length > 1) {
    return {
      field: 'allowed_apis',
      message:
        'allowed_apis cannot have imports together with other APIs: an import writes data, and its grants are destinations',
    }
  }
  const needing = allowedApis.filter((api) => api !== 'lds')
  if (needing.length > 0 && grants.length === 0) {
    return {
      field: 'grants',
      message: `grants must have at least one source for ${needing.join(' and ')}`,
    }
  }
  if (allowedApis.includes('imports') && grants.some(({ kind }) => kind === 'query')) {
    return {
      field: 'grants',
      message: 'grants of a token for imports are destinations: a query cannot be one',
    }
  }
  return undefined
}

/** `predicate` goes on where the name of the field ends. */
function refusal(field: string, predicate: string): Refusal {
  return new Refusal(`${field} ${predicate}`, field)
}

const members = new Set(['name', 'allowed_apis', 'grants', 'referers', 'expiration_date'])

function readRequest(body: unknown, now: Date): TokenRequest {
  if (!isRecord(body)) throw new Refusal('The body must be a JSON object')
  const unknown = Object.keys(body).find((member) => !members.has(member))
  if (unknown !== undefined) throw refusal(unknown, 'is not known here')
  const notes: string[] = []
  return {
    name: readName(body.name),
    allowedApis: readApis(body.allowed_apis),
    grants: readGrants(body.grants),
    referers: readReferers(body.referers, notes),
    expiresAt: readExpiration(body.expiration_date, now),
    notes,
  }
}

function readName(value: unknown): string | undefined {
  if (value === undefined || value === null || value === '') return undefined
  if (typeof value !== 'string' || !isStorableText(value) || value.trim() === '') {
    throw refusal('name', 'must be a text')
  }
  if (value.length > maxNameLength) {
    throw refusal('name', `can have at most ${maxNameLength} characters`)
  }
  return value
}

function readApis(value: unknown): readonly TokenApi[] | undefined {
  if (value === undefined || value === null) return undefined
  const known = tokenApis.join(', ')
  if (!Array.isArray(value) || value.length === 0) {
    throw refusal('allowed_apis', `must be a list of at least one of ${known}`)
  }
  const stranger = value.find((api) => !tokenApis.includes(api as TokenApi))
  if (stranger !== undefined) throw refusal('allowed_apis', `can have only ${known}`)
  return tokenApis.filter((api) => value.includes(api))
}

function readGrants(value: unknown): readonly RequestedSource[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw refusal('grants', 'must be a list')
  if (value.length > maxGrants) throw refusal('grants', `can have at most ${maxGrants} sources`)
  return value.map((grant: unknown, index) => {
    const at = `grants[${index}]`
    if (!isRecord(grant)) throw refusal(at, 'must be an object')
    const unknown = Object.keys(grant).find(
      (member) => !['connection_name', 'source', 'resource'].includes(member),
    )
    if (unknown !== undefined) throw refusal(`${at}.${unknown}`, 'is not known here')
    const { connection_name: connectionName, source, resource } = grant
    if (typeof connectionName !== 'string' || connectionName === '') {
      throw refusal(`${at}.connection_name`, 'must be the name of a connection')
    }
    if (source !== undefined && resource !== undefined) {
      throw refusal(at, 'can have source or resource, not both')
    }
    const text = source ?? resource
    if (typeof text !== 'string') throw refusal(`${at}.source`, 'is missing')
    return { connectionName, source: text }
  })
}

function readReferers(value: unknown, notes: string[]): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined
  if (!Array.isArray(value)) throw refusal('referers', 'must be a list')
  if (value.length > maxReferers) {
    throw refusal('referers', `can have at most ${maxReferers} sites`)
  }
  const kept = value.map((each: unknown, index) => {
    const result = parseReferer(each)
    if (!result.ok) throw refusal(`referers[${index}]`, `${result.message}`)
    if (result.note !== undefined) notes.push(result.note)
    return result.referer
  })
  return [...new Set(kept)]
}

function readExpiration(value: unknown, now: Date): Date | null | undefined {
  if (value === undefined) return undefined
  if (value === null || value === '') return null
  const time = typeof value === 'string' ? parseTime(value) : undefined
  if (time === undefined) {
    throw refusal(
      'expiration_date',
      'must be a time in ISO 8601 with its offset, such as 2030-01-31T12:00:00Z, or a day such as 2030-01-31',
    )
  }
  if (time <= now) throw refusal('expiration_date', 'must be in the future')
  return time
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
