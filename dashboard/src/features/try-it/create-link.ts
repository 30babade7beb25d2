import { keyVerbs } from '../api-keys/key-form.ts'
import { keyFormSearch } from '../api-keys/prefill-key-form.ts'
import type { Explanation, Lack } from './api/explain-decision.ts'
import type { TryApi } from './try-request.ts'

/** Where a credential is made that would be allowed what was refused, with its form filled in. */
export type CreateLink =
  | {
      readonly to: '/api-keys/new'
      readonly search: ReturnType<typeof keyFormSearch>
    }
  | {
      readonly to: '/developers/credentials/tokens/new'
      readonly search: {
        readonly apis: string
        readonly connection: string
        readonly tables?: string
        readonly query?: string
      }
    }

/** What another credential can be given. */
const grantable: readonly Lack['what'][] = [
  'table',
  'schema',
  'query',
  'api',
  'connection',
  'referer',
  'validity',
  'master_on_data',
]

/** Undefined when no credential can be granted what is missing. */
export function createLinkFor(
  { missing, needed }: Pick<Explanation, 'missing' | 'needed'>,
  asked: { readonly api: TryApi; readonly connection: string; readonly isToken: boolean },
): CreateLink | undefined {
  const canBeGranted = (lack: Lack) =>
    grantable.includes(lack.what) && (lack.what !== 'table' || lack.verbs.every(isKeyVerb))
  if (missing.length === 0 || ![...missing, ...needed].every(canBeGranted)) return undefined
  const tables = needed.filter((lack) => lack.what === 'table')
  const query = needed.find((lack) => lack.what === 'query')?.query
  const reads = needed.every(({ what }) => what === 'query' || what === 'table')
  const onlyReads = reads && tables.every(({ verbs }) => verbs.join() === 'select')
  if (needed.length === 0 && !missing.some(({ what }) => what === 'api')) return undefined
  if (asked.isToken && onlyReads) {
    const names = tables.map(({ schema, table }) => `${quoted(schema)}.${quoted(table)}`)
    return {
      to: '/developers/credentials/tokens/new',
      search: {
        apis: asked.api,
        connection: asked.connection,
        ...(names.length > 0 && { tables: names.join(',') }),
        ...(query !== undefined && { query }),
      },
    }
  }
  const wanted = tables.map(({ schema, table, verbs }) => ({
    schema,
    name: table,
    verbs: keyVerbs.filter((verb) => verbs.includes(verb)),
  }))
  return { to: '/api-keys/new', search: keyFormSearch([asked.api], wanted) }
}

function isKeyVerb(verb: string): boolean {
  return keyVerbs.some((known) => known === verb)
}

/** As the form of access tokens takes names apart. */
function quoted(part: string): string {
  return /[".,;:\s]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part
}
