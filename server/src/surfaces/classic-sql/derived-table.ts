/**
 * A caller's select as an item of a FROM list. It was parsed alone and is exactly one SELECT, so it
 * cannot close the parenthesis; the line breaks keep a trailing comment from swallowing it.
 */
export function derivedTable(select: string): string {
  return `(\n${select}\n) as _postern`
}
