import type { AskedDecision } from '../../commands/explain-decision.ts'
import type { AskedCredential } from '../../commands/find-asked-principal.ts'
import { AccessError } from '../../errors.ts'
import { defaultConnection } from '../../policy/decide-source.ts'
import { isStorableText } from '../../policy/storable-text.ts'

const members = ['credential', 'api', 'connection', 'source', 'origin'] as const

/** Reads what somebody wants to have explained. Throws invalid_parameter naming the member. */
export function readDecisionRequest(body: unknown): AskedDecision {
  const given = objectOf(body, 'The body', members)
  const { api, connection = defaultConnection, origin } = given
  if (api !== 'sql' && api !== 'maps') throw invalid('api must be sql or maps.')
  if (!isText(connection)) throw invalid('connection must be the name of a connection.')
  if (origin !== undefined && !isText(origin))
    throw invalid('origin must be the address of a site.')
  return {
    credential: readCredential(given.credential),
    api,
    connection,
    source: readSource(given.source),
    origin,
  }
}

function readCredential(value: unknown): AskedCredential {
  const [kind, text] = onlyMember(value, 'credential', ['api_key', 'access_token', 'token'])
  switch (kind) {
    case 'api_key':
      return { kind, name: text }
    case 'access_token':
      return { kind, id: text }
    case 'token':
      return { kind: 'text', token: text }
  }
}

function readSource(value: unknown): AskedDecision['source'] {
  const [kind, text] = onlyMember(value, 'source', ['table', 'query'])
  return kind === 'table' ? { table: text } : { query: text }
}

function onlyMember<Name extends string>(
  value: unknown,
  what: string,
  names: readonly Name[],
): [Name, string] {
  const given = objectOf(value, what, names)
  const [name, second] = names.filter((one) => Object.hasOwn(given, one))
  const text = name === undefined ? undefined : given[name]
  if (name === undefined || second !== undefined || !isText(text)) {
    throw invalid(`${what} must have one of ${names.join(', ')}, and it must be a text.`)
  }
  return [name, text]
}

function objectOf(
  value: unknown,
  what: string,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid(`${what} must be a JSON object.`)
  }
  const stranger = Object.keys(value).find((name) => !names.includes(name))
  if (stranger !== undefined) throw invalid(`${what} can have only ${names.join(', ')}.`)
  return value as Record<string, unknown>
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && isStorableText(value)
}

function invalid(message: string): AccessError {
  return new AccessError('invalid_parameter', { message })
}
