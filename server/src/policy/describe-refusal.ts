import type { Principal } from '../credential/principal.ts'
import type { Lack } from './lack.ts'

/** What a credential is called in a sentence. */
export function subjectOf({
  kind,
  credentialName,
}: Pick<Principal, 'kind' | 'credentialName'>): string {
  switch (kind) {
    case 'master':
      return 'The master key'
    case 'default':
      return 'The default public key'
    case 'token':
      return `The access token "${credentialName}"`
    default:
      return `The API key "${credentialName}"`
  }
}

/** Why a request is refused, in plain words: what was said against it, then what is missing. */
export function describeRefusal(
  principal: Pick<Principal, 'kind' | 'credentialName'>,
  lacks: readonly Lack[],
  message: string | undefined,
): string {
  const subject = subjectOf(principal)
  const missing = lacks.map(rightIn).filter((text) => text !== undefined)
  const sentences = [
    ...lacks.map((lack) => sentenceOf(lack, subject)).filter((text) => text !== undefined),
    ...(missing.length > 0 ? [`${subject} lacks ${listed(missing)}.`] : []),
  ]
  const isSaid = lacks.length > 0 && !lacks.some(({ what }) => what === 'master_key')
  return [...(message === undefined || isSaid ? [] : [message]), ...sentences].join(' ')
}

/** What can be given to a credential, or to another one. */
function rightIn(lack: Lack): string | undefined {
  switch (lack.what) {
    case 'table':
      return `${listed(lack.verbs)} on ${lack.schema}.${lack.table}`
    case 'schema':
      return `create in the schema ${lack.schema}`
    case 'api':
      return `the API ${lack.api}`
    case 'query':
      return 'a grant of this query'
    case 'connection':
      return `any grant on the connection "${lack.connection}"`
    default:
      return undefined
  }
}

function sentenceOf(lack: Lack, subject: string): string | undefined {
  switch (lack.what) {
    case 'validity':
      return `${subject} expired at ${lack.expiredAt.toISOString()}.`
    case 'referer':
      return lack.referer === null
        ? `${subject} may be used from its sites only, and the request names none.`
        : `${subject} may not be used from ${lack.referer}.`
    case 'engine':
      return 'The engine of the account is off, so its API keys open nothing.'
    case 'master_on_data':
      return 'The account keeps its master key from data.'
    case 'existence':
      return `There is no ${nameOf(lack)} that the account can use.`
    case 'ownership':
      return `Only the key that made ${lack.schema}.${lack.table}, and the master key, may change the table itself.`
    case 'function':
      return `${subject} may not call the function ${lack.function}.`
    case 'temporary_tables':
      return 'Temporary tables are not available.'
    default:
      return undefined
  }
}

function nameOf({ schema, table }: Lack & { readonly what: 'existence' }): string {
  if (table === '') return `schema ${schema}`
  return `table ${schema === null ? '' : `${schema}.`}${table}`
}

function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}
