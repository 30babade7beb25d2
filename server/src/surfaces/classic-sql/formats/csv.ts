import { type CsvRows, createCsvRows } from '../../../warehouse/csv-rows.ts'
import type { Document, FormatParameters, StreamFormat } from '../format.ts'

/** RFC 4180, with a header line. */
export const csv: StreamFormat = {
  kind: 'stream',
  contentType: 'text/csv; charset=utf-8; header=present',
  extension: 'csv',
  createDocument,
}

function createDocument({ skippedFields }: FormatParameters): Document {
  let rows: CsvRows = createCsvRows([], new Map(), skippedFields)
  return {
    columns(columns, types) {
      rows = createCsvRows(columns, types, skippedFields)
    },
    row: (buffer, offset, columnCount) => rows.row(buffer, offset, columnCount),
    length: () => rows.length(),
    take: () => rows.take(),
    end() {},
  }
}
