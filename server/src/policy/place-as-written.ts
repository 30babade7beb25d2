import { numberParameters } from './number-parameters.ts'

/**
 * Where a place of a statement with numbered parameters is in the statement as it was written, with
 * names. Both are counted as PostgreSQL does: in characters, from 1.
 */
export function placeAsWritten(statement: string, position: number): number {
  const { text, replaced } = numberParameters(statement)
  const index = [...text].slice(0, position - 1).join('').length
  let growth = 0
  for (const { start, end, length } of replaced) {
    if (index < start + growth) break
    if (index < start + growth + length) return countCharacters(statement.slice(0, start)) + 1
    growth += length - (end - start)
  }
  return countCharacters(statement.slice(0, index - growth)) + 1
}

/** How many characters a text has as PostgreSQL counts them. */
export function countCharacters(text: string): number {
  return [...text].length
}
