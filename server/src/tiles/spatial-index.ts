/** The two kinds of cells that a column can name instead of holding a geometry. */
export type IndexScheme = 'h3' | 'quadbin'

/** How a column holds cells: as whole numbers, or as text in lower-case hexadecimal. */
export type CellEncoding = 'number' | 'text'

export type Cell = {
  readonly scheme: IndexScheme
  readonly id: bigint
  readonly resolution: number
}

/**
 * Both schemes are 64 bits of the same build: a head, the resolution from bit 52 on, then a digit
 * per resolution, and ones in the place of the digits that a coarser cell does not have. What differs
 * is how many digits of how many bits there are.
 */
type Layout = {
  readonly maxResolution: number
  readonly digitBits: number
  readonly resolutionMask: bigint
}

const layouts: Readonly<Record<IndexScheme, Layout>> = {
  h3: { maxResolution: 15, digitBits: 3, resolutionMask: 0xfn },
  quadbin: { maxResolution: 26, digitBits: 2, resolutionMask: 0x1fn },
}

const resolutionShift = 52n
/** The highest base cell of H3; bits 45 to 51. */
const maxBaseCell = 121n

/** The finest resolution that cells of a scheme have. */
export function maxResolutionOf(scheme: IndexScheme): number {
  return layouts[scheme].maxResolution
}

/** Reads a cell in hexadecimal, as addresses carry it; undefined when it is none of the scheme. */
export function parseCell(scheme: IndexScheme, text: string): Cell | undefined {
  if (!/^[0-9a-fA-F]{15,16}$/.test(text)) return undefined
  const id = BigInt(`0x${text}`)
  const { maxResolution, digitBits, resolutionMask } = layouts[scheme]
  const resolution = Number((id >> resolutionShift) & resolutionMask)
  const isHead = scheme === 'h3' ? id >> 56n === 0x8n : id >> 57n === 0x24n
  if (!isHead || resolution > maxResolution) return undefined
  const unused = ones(digitBits * (maxResolution - resolution))
  if ((id & unused) !== unused) return undefined
  if (scheme === 'h3' && !hasDigitsOfH3(id, resolution)) return undefined
  return { scheme, id, resolution }
}

function hasDigitsOfH3(id: bigint, resolution: number): boolean {
  if (((id >> 45n) & 0x7fn) > maxBaseCell) return false
  for (let position = 1; position <= resolution; position += 1) {
    if (((id >> BigInt(3 * (15 - position))) & 7n) === 7n) return false
  }
  return true
}

/** A cell as addresses and answers carry it. */
export function formatCell({ id }: Pick<Cell, 'id'>): string {
  return id.toString(16)
}

/**
 * Where the cells within a cell lie among all whole numbers: one range, both ends in it, for each
 * resolution from the cell's own to the finest. An index on the column answers them.
 */
export function rangesWithin({ scheme, id, resolution }: Cell): [low: bigint, high: bigint][] {
  const { maxResolution, digitBits, resolutionMask } = layouts[scheme]
  const bare = id & ~(resolutionMask << resolutionShift)
  return Array.from({ length: maxResolution - resolution + 1 }, (_, depth) => {
    const finer = resolution + depth
    const high = bare | (BigInt(finer) << resolutionShift)
    const digits = ones(digitBits * depth) << BigInt(digitBits * (maxResolution - finer))
    return [high & ~digits, high]
  })
}

/**
 * SQL for the cell of a resolution that a cell lies in, both as int8; the cell itself where it is as
 * coarse as that or coarser. `cell` is SQL and is written three times.
 */
export function parentSql(scheme: IndexScheme, cell: string, resolution: number): string {
  const { maxResolution, digitBits, resolutionMask } = layouts[scheme]
  const kept = ones(63) & ~(resolutionMask << resolutionShift)
  const set =
    (BigInt(resolution) << resolutionShift) | ones(digitBits * (maxResolution - resolution))
  return `case when ${resolutionSql(scheme, cell)} operator(pg_catalog.<=) ${resolution}
    then ${cell} else (${cell} operator(pg_catalog.&) ${kept}::pg_catalog.int8) operator(pg_catalog.|) ${set}::pg_catalog.int8 end`
}

/** SQL for the resolution of a cell that is SQL for an int8. */
export function resolutionSql(scheme: IndexScheme, cell: string): string {
  return `((${cell} operator(pg_catalog.>>) ${resolutionShift}) operator(pg_catalog.&) ${layouts[scheme].resolutionMask})`
}

/** SQL for the int8 of a column's cell. Text that is no hexadecimal number is PostgreSQL's error. */
export function cellSql(column: string, encoding: CellEncoding): string {
  return encoding === 'number'
    ? `${column}::pg_catalog.int8`
    : `('x' operator(pg_catalog.||) pg_catalog.lpad(${column}, 16, '0'))::pg_catalog."bit"(64)::pg_catalog.int8`
}

function ones(count: number): bigint {
  return (1n << BigInt(count)) - 1n
}
