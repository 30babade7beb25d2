import type { Lack } from './api/explain-decision.ts'

/** Something that is missing, in plain words. */
export function describeLack(lack: Lack): string {
  switch (lack.what) {
    case 'table':
      return `${listed(lack.verbs.map(verbName))} on ${lack.schema}.${lack.table}`
    case 'schema':
      return `the right to make tables in the schema ${lack.schema}`
    case 'query':
      return 'a grant of just this query, which is what a map of a query takes'
    case 'api':
      return lack.api === 'sql' ? 'the SQL API' : 'the Maps API'
    case 'connection':
      return `a grant on the connection ${lack.connection}`
    case 'referer':
      return lack.referer === null
        ? 'a site that it may be used from'
        : `${lack.referer} among the sites that it may be used from`
    case 'validity':
      return 'time: it has expired'
    case 'engine':
      return 'the engine of the account, which is switched off'
    case 'master_on_data':
      return 'the data: the account keeps its master key from it'
    case 'master_key':
      return 'the master key: no other key may send such a statement'
    case 'ownership':
      return `${lack.schema}.${lack.table} itself: only the key that made it, and the master key, change it`
    case 'existence':
      return lack.table === ''
        ? `a schema ${lack.schema ?? ''}, which is not there`
        : `a table ${lack.schema === null ? '' : `${lack.schema}.`}${lack.table}, which is not there`
    case 'function':
      return `the function ${lack.function}, which it may not call`
    case 'temporary_tables':
      return 'temporary tables, which are not available'
  }
}

/** The name that the forms have for it. */
function verbName(verb: string): string {
  return `${verb.charAt(0).toUpperCase()}${verb.slice(1)}`
}

function listed(words: readonly string[]): string {
  const last = words.at(-1) ?? ''
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} and ${last}`
}
