/** The most of an answer that a page holds. */
export const maxAnswerBytes = 20 * 1024 * 1024

export type Cell = unknown
export type Row = Readonly<Record<string, Cell>>

/** Rows of the SQL API, of either shape. */
export type Rows = { readonly columns: readonly string[]; readonly rows: readonly Row[] }

/** Where the tiles of a map are, and what of the world it shows. */
export type MapFacts = {
  readonly tiles: string
  readonly bounds: readonly [number, number, number, number] | null
}

/** The rows in an answer of the SQL API; undefined for what has none. */
export function readRows(answer: unknown): Rows | undefined {
  if (!isObject(answer) || !Array.isArray(answer.rows)) return undefined
  const { fields, schema } = answer
  const rows = answer.rows.filter(isObject)
  // The classic API tells columns by name, v3 as a list.
  const columns = Array.isArray(schema)
    ? schema.filter(isObject).map(({ name }) => String(name))
    : Object.keys(isObject(fields) ? fields : (rows[0] ?? {}))
  return { columns, rows }
}

/** What is drawn of a TileJSON; undefined for what is none. */
export function readMap(answer: unknown, base: string): MapFacts | undefined {
  if (!isObject(answer) || !Array.isArray(answer.tiles)) return undefined
  const [address] = answer.tiles
  if (typeof address !== 'string') return undefined
  const [west, south, east, north] = Array.isArray(answer.bounds) ? answer.bounds : []
  const isBox = [west, south, east, north].every((edge) => typeof edge === 'number')
  return {
    tiles: withoutOrigin(address, base),
    bounds: isBox ? [west, south, east, north] : null,
  }
}

/**
 * The same address from the root of the server that this page came from, which may be known by several
 * names, and with the braces of a template.
 */
function withoutOrigin(address: string, base: string): string {
  const { pathname, search } = new URL(address)
  const path = pathname.replaceAll('%7B', '{').replaceAll('%7D', '}')
  const place = path.search(/\/(?:user\/[^/]+\/)?v3\//)
  return `${base}${place < 0 ? path : path.slice(place)}${search}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
