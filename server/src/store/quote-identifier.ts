import pg from 'pg'

/** A name as SQL text: quoted, whatever it contains. Throws on NUL, which no name can hold. */
export function quoteIdentifier(name: string): string {
  refuseNul(name)
  return pg.escapeIdentifier(name)
}

/** Several names, quoted and separated by commas. */
export function quoteIdentifiers(names: readonly string[]): string {
  return names.map(quoteIdentifier).join(', ')
}

/** A value as SQL text, for statements that take no parameters. Throws on NUL. */
export function quoteLiteral(value: string): string {
  refuseNul(value)
  return pg.escapeLiteral(value)
}

function refuseNul(text: string): void {
  // The protocol ends a statement at the first NUL: what stands after it would be lost silently.
  if (text.includes('\0')) throw new Error('A name or value for SQL must not contain NUL.')
}
