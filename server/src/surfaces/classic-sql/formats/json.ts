import { describeFields } from '../../../warehouse/describe-fields.ts'
import { createJsonRows, type JsonRows } from '../../../warehouse/json-rows.ts'
import type { TypeCatalogue } from '../../../warehouse/type-catalogue.ts'
import type { WireColumn, WireNotice } from '../../../warehouse/wire-reader.ts'
import type { Document, FormatParameters, StreamFormat } from '../format.ts'
import { sqlErrorBody } from '../render-sql-error.ts'

/** `{"rows":[...],"time":...,"fields":{...},"total_rows":n}` and what may follow, in this order. */
export const json: StreamFormat = {
  kind: 'stream',
  contentType: 'application/json; charset=utf-8',
  extension: 'json',
  isScript: true,
  tellsErrors: true,
  createDocument,
}

function createDocument({ skippedFields, callback }: FormatParameters): Document {
  let rows: JsonRows | undefined
  let fields: Record<string, unknown> = {}
  const begin = (columns: readonly WireColumn[], types: TypeCatalogue): JsonRows => {
    const begun = createJsonRows(columns, types, { skippedFields })
    if (rows !== undefined) begun.continueAfter(rows)
    else begun.text(`${callback === undefined ? '' : `${callback}(`}{"rows":[`)
    return begun
  }
  return {
    statement() {
      fields = {}
    },
    columns(columns, types) {
      fields = describeFields(columns, types, skippedFields)
      rows = begin(columns, types)
    },
    row: (buffer, offset, columnCount) => rows?.row(buffer, offset, columnCount),
    length: () => rows?.length() ?? 0,
    take: () => rows?.take() ?? Buffer.alloc(0),
    end({ totalRows, elapsedMs, notices, error }) {
      const tail: Record<string, unknown> = {
        time: Math.round(elapsedMs) / 1000,
        fields,
        total_rows: totalRows,
        ...(error !== undefined && sqlErrorBody(error)),
        ...noticesBySeverity(notices),
      }
      rows ??= begin([], new Map())
      rows.text(`],${JSON.stringify(tail).slice(1)}${callback === undefined ? '' : ')'}`)
    },
  }
}

/**
 * `"notices": [...]`, `"warnings": [...]`: PostgreSQL's severity in lower case, plural; these two
 * first, whatever order they came in.
 */
function noticesBySeverity(notices: readonly WireNotice[]): Record<string, string[]> {
  const groups = new Map<string, string[]>([
    ['notices', []],
    ['warnings', []],
  ])
  for (const { severity, message } of notices) {
    const name = `${severity.toLowerCase()}s`
    groups.set(name, [...(groups.get(name) ?? []), message])
  }
  return Object.fromEntries([...groups].filter(([, messages]) => messages.length > 0))
}
