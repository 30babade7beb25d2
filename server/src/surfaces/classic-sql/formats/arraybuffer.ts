import { type ColumnBuffers, createColumnBuffers } from '../../../warehouse/column-buffers.ts'
import type { Document, FormatParameters, StreamFormat } from '../format.ts'

/** Typed arrays, one column after the other. */
export const arraybuffer: StreamFormat = {
  kind: 'stream',
  contentType: 'application/octet-stream',
  extension: 'arraybuffer',
  isHeld: true,
  createDocument,
}

function createDocument({ skippedFields }: FormatParameters): Document {
  let buffers: ColumnBuffers = createColumnBuffers([], new Map(), skippedFields)
  return {
    columns(columns, types) {
      buffers = createColumnBuffers(columns, types, skippedFields)
    },
    row: (buffer, offset, columnCount) => buffers.row(buffer, offset, columnCount),
    length: () => buffers.length(),
    take: () => buffers.finish(),
    end() {},
  }
}
