import { columnTypeOf } from '../../sources/column.ts'
import { createJsonRows, type JsonRows } from '../../warehouse/json-rows.ts'
import type { TypeCatalogue } from '../../warehouse/type-catalogue.ts'
import { v3Encodings } from '../../warehouse/v3-encodings.ts'
import type { WireColumn } from '../../warehouse/wire-reader.ts'
import type { Document } from '../classic-sql/format.ts'

type SchemaColumn = { readonly name: string; readonly type: string }

/** `{"rows":[...],"schema":[{"name","type"}],"meta":{...}}`, in this order. */
export function createRowsDocument(maxRows: number): Document {
  let rows: JsonRows | undefined
  let schema: readonly SchemaColumn[] = []
  const begin = (columns: readonly WireColumn[], types: TypeCatalogue): JsonRows => {
    const begun = createJsonRows(columns, types, { encodings: v3Encodings })
    begun.text('{"rows":[')
    return begun
  }
  return {
    columns(columns, types) {
      schema = describeSchema(columns, types)
      rows = begin(columns, types)
    },
    row: (buffer, offset, columnCount) => rows?.row(buffer, offset, columnCount),
    length: () => rows?.length() ?? 0,
    take: () => rows?.take() ?? Buffer.alloc(0),
    end({ isCut }) {
      rows ??= begin([], new Map())
      const tail = { schema, meta: { cacheHit: false, truncated: isCut, maxRows } }
      rows.text(`],${JSON.stringify(tail).slice(1)}`)
    },
  }
}

/** Of columns with the same name the last one counts, as in the rows. */
function describeSchema(columns: readonly WireColumn[], types: TypeCatalogue): SchemaColumn[] {
  const lastIndex = new Map(columns.map(({ name }, index) => [name, index]))
  return columns
    .filter(({ name }, index) => lastIndex.get(name) === index)
    .map(({ name, typeOid }) => {
      const type = types.get(typeOid)
      const typeName = type === undefined || type.isCustom ? '' : type.name
      return { name, type: columnTypeOf(typeName, type?.elementOid !== undefined) }
    })
}
