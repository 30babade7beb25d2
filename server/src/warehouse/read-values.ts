/**
 * The values of a DataRow in PostgreSQL's text format, whose column count ends at `offset`; a null
 * is undefined.
 */
export function readValues(
  buffer: Buffer,
  offset: number,
  columnCount: number,
): (string | undefined)[] {
  const values: (string | undefined)[] = []
  let at = offset
  for (let index = 0; index < columnCount; index += 1) {
    const length = buffer.readInt32BE(at)
    at += 4
    values.push(length < 0 ? undefined : buffer.toString('utf8', at, at + length))
    if (length > 0) at += length
  }
  return values
}
