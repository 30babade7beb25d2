import { emptyKeyForm, type KeyForm, type KeyVerb, keyVerbs, type TickedTable } from './key-form.ts'

/** What a page that leads to the form can fill in. */
export type KeyFormSearch = { readonly apis?: string; readonly tables?: string }

type WantedTable = {
  readonly schema: string
  readonly name: string
  readonly verbs: readonly KeyVerb[]
}

/**
 * The search parameters of the form that fill in these: `apis=sql,maps` and
 * `tables=public.capitals:select,insert;public.surveys:select`.
 */
export function keyFormSearch(
  apis: readonly string[],
  tables: readonly WantedTable[],
): KeyFormSearch {
  const written = tables.map(
    ({ schema, name, verbs }) => `${quoted(schema)}.${quoted(name)}:${verbs.join(',')}`,
  )
  return { apis: apis.join(','), tables: written.join(';') }
}

/** The form that somebody has been led to. What cannot be read is left out. */
export function prefillKeyForm({ apis = '', tables = '' }: KeyFormSearch): KeyForm {
  return {
    ...emptyKeyForm,
    apis: (['sql', 'maps', 'batch'] as const).filter((api) => apis.split(',').includes(api)),
    tables: readTables(tables),
  }
}

const wantedTable = /(?:^|;)("(?:[^"]|"")*"|[^".;:]+)\.("(?:[^"]|"")*"|[^".;:]+):([a-z,]+)(?=;|$)/g

function readTables(text: string): TickedTable[] {
  return [...text.matchAll(wantedTable)].flatMap(([, schema = '', name = '', verbs = '']) => {
    const ticked = keyVerbs.filter((verb) => verbs.split(',').includes(verb))
    const table = { schema: unquoted(schema), name: unquoted(name), permissions: keyVerbs, ticked }
    return ticked.length > 0 ? [table] : []
  })
}

function quoted(part: string): string {
  return /[".;:]/.test(part) ? `"${part.replaceAll('"', '""')}"` : part
}

function unquoted(part: string): string {
  return part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part
}
