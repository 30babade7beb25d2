/** Where each value of a row stands in the bytes it came in. A length below zero is null. */
export type CutRow = {
  readonly starts: Int32Array
  readonly lengths: Int32Array
  /** Cuts the next row; what was said of the last one is overwritten. */
  cut(buffer: Buffer, offset: number, columnCount: number): void
}

/** For writers whose columns are in another order than PostgreSQL's. */
export function createCutRow(maxColumns: number): CutRow {
  const starts = new Int32Array(maxColumns)
  const lengths = new Int32Array(maxColumns)
  return {
    starts,
    lengths,
    cut(buffer, offset, columnCount) {
      let at = offset
      for (let index = 0; index < columnCount; index += 1) {
        const length = buffer.readInt32BE(at)
        at += 4
        starts[index] = at
        lengths[index] = length
        if (length > 0) at += length
      }
    },
  }
}
