import { sourceKindOf } from './source-kind.ts'
import type { TokenApi } from './token-apis.ts'
import type { DraftGrant } from './token-draft.ts'

export type TokenSnippet = {
  readonly language: 'curl' | 'JavaScript' | 'Python'
  readonly title: string
  readonly code: string
}

/** What a snippet asks for. */
type Question = {
  readonly api: 'sql' | 'maps'
  readonly connection: string
  /** What is asked for stands in the place of a name that a pattern leaves open. */
  readonly kind: 'table' | 'query'
  readonly source: string
}

/**
 * Pieces of code that ask for the first source that a token opens: ready to run, with the token in
 * them. None for what has no address to ask.
 */
export function listTokenSnippets(
  token: {
    readonly text: string
    readonly apis: readonly TokenApi[]
    readonly grants: readonly DraftGrant[]
    readonly referers: readonly string[]
  },
  baseUrl: string,
  namedSources: readonly string[] = [],
): readonly TokenSnippet[] {
  const question = findQuestion(token, namedSources)
  if (question === undefined) return []
  const site = token.referers[0]?.replace('://*.', '://www.')
  return [
    { language: 'curl', title: 'curl', code: curl(question, token.text, baseUrl, site) },
    {
      language: 'JavaScript',
      title: question.api === 'maps' ? 'deck.gl' : 'JavaScript',
      code:
        question.api === 'maps'
          ? deckGl(question, token.text, baseUrl)
          : javascript(question, token.text, baseUrl),
    },
    { language: 'Python', title: 'Python', code: python(question, token.text, baseUrl, site) },
  ]
}

function findQuestion(
  { apis, grants }: { readonly apis: readonly TokenApi[]; readonly grants: readonly DraftGrant[] },
  namedSources: readonly string[],
): Question | undefined {
  const api = apis.includes('maps') ? 'maps' : apis.includes('sql') ? 'sql' : undefined
  const [grant] = grants
  if (api === undefined || grant === undefined) return undefined
  const { connection, source } = grant
  switch (sourceKindOf(source, namedSources)) {
    case 'table':
      return { api, connection, kind: 'table', source }
    case 'wildcard':
      return { api, connection, kind: 'table', source: source.replace(/\*$/, 'NAME') }
    case 'all':
      return { api, connection, kind: 'table', source: 'SCHEMA.TABLE' }
    default:
      return { api, connection, kind: 'query', source }
  }
}

/** What the SQL API is asked: of a table, its first rows. */
function sqlOf({ kind, source }: Question): string {
  if (kind === 'query') return source
  const parts = source.match(/"(?:[^"]|"")+"|[^."]+/g) ?? [source]
  return `SELECT * FROM ${parts.slice(-2).join('.')} LIMIT 10`
}

/** Values for the parameters of a query, to be put in by whoever runs it. */
function parametersOf(question: Question): Record<string, string> | string[] | undefined {
  const text = question.source
  if (question.kind !== 'query') return undefined
  const plain = text.replace(/'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|\/\*[\s\S]*?\*\//g, ' ')
  const numbers = [...plain.matchAll(/\$(\d+)/g)].map((match) => Number(match[1]))
  if (numbers.length > 0) return Array.from({ length: Math.max(...numbers) }, () => 'VALUE')
  const names = [...plain.matchAll(/(?<![\w@<>^])@([A-Za-z_]\w*)/g)].map((match) => match[1] ?? '')
  if (names.length === 0) return undefined
  return Object.fromEntries(names.map((name) => [name, 'VALUE']))
}

function pathOf({ api, connection, kind }: Question): string {
  return api === 'sql'
    ? `/v3/sql/${encodeURIComponent(connection)}/query`
    : `/v3/maps/${encodeURIComponent(connection)}/${kind}`
}

/** The parameters of a request for it. */
function queryOf(question: Question): readonly (readonly [string, string])[] {
  const parameters = parametersOf(question)
  return [
    question.api === 'maps' && question.kind === 'table'
      ? ['name', question.source]
      : ['q', sqlOf(question)],
    ...(parameters === undefined ? [] : [['queryParameters', JSON.stringify(parameters)] as const]),
  ]
}

function curl(question: Question, token: string, baseUrl: string, site: string | undefined) {
  return [
    `curl -G ${quoteForShell(`${baseUrl}${pathOf(question)}`)}`,
    `-H ${quoteForShell(`Authorization: Bearer ${token}`)}`,
    ...(site === undefined ? [] : [`-H ${quoteForShell(`Origin: ${site}`)}`]),
    ...queryOf(question).map(
      ([name, value]) => `--data-urlencode ${quoteForShell(`${name}=${value}`)}`,
    ),
  ].join(' \\\n  ')
}

/** In single quotes nothing means anything to a shell; a single quote itself stands between two texts. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

function deckGl(question: Question, token: string, baseUrl: string): string {
  const isTable = question.kind === 'table'
  const parameters = parametersOf(question)
  const source = isTable ? 'vectorTableSource' : 'vectorQuerySource'
  const lines = [
    `  apiBaseUrl: ${JSON.stringify(baseUrl)},`,
    `  accessToken: ${JSON.stringify(token)},`,
    `  connectionName: ${JSON.stringify(question.connection)},`,
    isTable
      ? `  tableName: ${JSON.stringify(question.source)},`
      : `  sqlQuery: ${JSON.stringify(question.source)},`,
    ...(parameters === undefined ? [] : [`  queryParameters: ${JSON.stringify(parameters)},`]),
  ]
  return `import { ${source} } from '@carto/api-client'
import { VectorTileLayer } from '@deck.gl/carto'

const data = ${source}({
${lines.join('\n')}
})
const layer = new VectorTileLayer({
  id: 'data',
  data,
  pointRadiusMinPixels: 3,
  getFillColor: [11, 92, 70],
})`
}

function javascript(question: Question, token: string, baseUrl: string): string {
  const parameters = parametersOf(question)
  const lines = [
    `  apiBaseUrl: ${JSON.stringify(baseUrl)},`,
    `  accessToken: ${JSON.stringify(token)},`,
    `  connectionName: ${JSON.stringify(question.connection)},`,
    `  sqlQuery: ${JSON.stringify(sqlOf(question))},`,
    ...(parameters === undefined ? [] : [`  queryParameters: ${JSON.stringify(parameters)},`]),
  ]
  return `import { query } from '@carto/api-client'

const { rows } = await query({
${lines.join('\n')}
})`
}

function python(
  question: Question,
  token: string,
  baseUrl: string,
  site: string | undefined,
): string {
  const headers = [
    `    "Authorization": ${JSON.stringify(`Bearer ${token}`)},`,
    ...(site === undefined ? [] : [`    "Origin": ${JSON.stringify(site)},`]),
  ]
  const parameters = queryOf(question).map(
    ([name, value]) => `    ${JSON.stringify(name)}: ${JSON.stringify(value)},`,
  )
  const last = question.api === 'sql' ? 'print(answer.json()["rows"])' : 'print(answer.json())'
  return `import requests

answer = requests.get(${JSON.stringify(`${baseUrl}${pathOf(question)}`)}, headers={
${headers.join('\n')}
}, params={
${parameters.join('\n')}
})
answer.raise_for_status()
${last}`
}
