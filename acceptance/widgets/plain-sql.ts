import type { Value } from './widget-data.ts'

/** A name of a table or column. */
export function name(text: string): string {
  return `"${text.replaceAll('"', '""')}"`
}

/** A value. */
export function literal(value: Value): string {
  if (value === null) return 'null'
  return typeof value === 'string' ? `'${value.replaceAll("'", "''")}'` : String(value)
}
