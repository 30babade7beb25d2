import { listQuotedSpans } from '../policy/quoted-spans.ts'

/** What can stand in the SQL of a fallback: `<%= job_id %>` and `<%= error_message %>`. */
export type PlaceholderValues = { readonly job_id: string; readonly error_message: string }

const placeholder = /<%=\s*(job_id|error_message)\s*%>/g

/**
 * Puts values in the place of placeholders, so that no value can be anything but a value:
 * - inside of a quoted text or a quoted name it becomes a part of it, escaped as its quoting asks;
 * - on its own it becomes a whole quoted text;
 * - in a comment nothing is put.
 * Throws an Error whose message is for the job's maker where no escaping exists: in text between
 * dollar quotes, and in texts of the kind U&'...'.
 */
export function fillPlaceholders(sql: string, values: PlaceholderValues): string {
  const spans = listQuotedSpans(sql)
  let at = 0
  return sql.replace(placeholder, (written, name: keyof PlaceholderValues, index: number) => {
    const value = values[name]
    while ((spans[at]?.end ?? Number.POSITIVE_INFINITY) <= index) at += 1
    switch (spans[at]?.quoting ?? 'none') {
      case 'none':
        // With blanks around it: it must not join what stands beside it, such as an E.
        return ` ${quoteText(value)} `
      case 'text':
        return value.replaceAll("'", "''")
      case 'escape text':
        return escapeText(value)
      case 'name':
        return value.replaceAll('"', '""')
      case 'comment':
        return ''
      case 'dollar':
        throw new Error(`${written} cannot stand between dollar quotes.`)
      case 'unicode':
        throw new Error(`${written} cannot stand in a text or name that begins with U&.`)
    }
  })
}

/** Means the same whatever `standard_conforming_strings` is set to. */
function quoteText(value: string): string {
  return value.includes('\\') ? `E'${escapeText(value)}'` : `'${value.replaceAll("'", "''")}'`
}

function escapeText(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll("'", "''")
}
