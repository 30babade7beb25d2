import { formatDateTime } from '../../format/times.ts'
import type { KeyVerb } from './key-form.ts'
import type { GrantedTable, KeyGrants } from './key-grants.ts'

const verbWords: Readonly<Record<KeyVerb, string>> = {
  select: 'read',
  insert: 'add',
  update: 'change',
  delete: 'delete',
}
const apiDeeds: Readonly<Record<string, string>> = {
  sql: 'send SQL statements',
  maps: 'draw maps',
  batch: 'leave SQL to run as jobs',
}
/** More names than these say nothing to a reader. */
const maxNames = 8

/** What a key will be able to do, in sentences. */
export function summariseKey(grants: KeyGrants, expiresAt: Date | undefined): string[] {
  const { apis, createIn, listing, services } = grants
  const deeds = apis.map((api) => apiDeeds[api]).filter((deed) => deed !== undefined)
  return [
    deeds.length > 0 ? `It can ${joined(deeds)}.` : 'It opens neither SQL nor maps.',
    ...summariseTables(grants.tables),
    ...(createIn.length > 0
      ? [
          `It can make tables in ${joined(createIn)}. What it makes is its own to change and delete.`,
        ]
      : []),
    ...(listing
      ? ['It can list all tables of the account: their names and privacy, not their rows.']
      : []),
    ...(services.length > 0
      ? [`It may call these data services: ${joined(services)}. None of them runs here yet.`]
      : []),
    ...(deeds.length > 0 ? ['It reads whatever is public, as every key does.'] : []),
    expiresAt === undefined
      ? 'It works until it is deleted.'
      : `It stops working on ${formatDateTime(expiresAt)}.`,
  ]
}

/** One sentence for all tables on which the same is granted. */
function summariseTables(tables: readonly GrantedTable[]): string[] {
  const byVerbs = new Map<string, { verbs: readonly KeyVerb[]; names: string[] }>()
  for (const { schema, name, ticked } of tables) {
    const key = ticked.join()
    const group = byVerbs.get(key) ?? { verbs: ticked, names: [] }
    group.names.push(schema === 'public' ? name : `${schema}.${name}`)
    byVerbs.set(key, group)
  }
  return [...byVerbs.values()]
    .filter(({ verbs }) => verbs.length > 0)
    .map(({ verbs, names }) => {
      const deeds = joined(verbs.map((verb) => verbWords[verb]))
      return `It can ${deeds} rows in ${joined(shortened(names))}.`
    })
}

function shortened(names: readonly string[]): readonly string[] {
  const rest = names.length - maxNames
  return rest > 1 ? [...names.slice(0, maxNames), `${rest} other tables`] : names
}

function joined(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`
}
