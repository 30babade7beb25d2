import type { TypeCatalogue, TypeName } from '../src/warehouse/type-catalogue.ts'
import type { WireColumn } from '../src/warehouse/wire-reader.ts'

const names = (
  'bool int2 int4 int8 float4 float8 numeric text bpchar json jsonb date timestamp timestamptz ' +
  'time interval bytea uuid geometry geography'
).split(' ')

/** Types of a database, by made-up numbers; each has an array type, `text[]`. */
export const testTypes: TypeCatalogue = new Map<number, TypeName>(
  names.flatMap((name, index) => [
    [index, { name, elementOid: undefined }],
    [1000 + index, { name: `_${name}`, elementOid: index }],
  ]),
)

/** A column of one of `testTypes`; any other name is a type that the catalogue lacks. */
export function wireColumn(name: string, type: string, typeModifier = -1): WireColumn {
  const isArray = type.endsWith('[]')
  const index = names.indexOf(isArray ? type.slice(0, -2) : type)
  return { name, typeOid: index < 0 ? 99_999 : index + (isArray ? 1000 : 0), typeModifier }
}

/** Hands a row to `write` as the wire reader does: somewhere inside of a larger chunk. */
export function writeWireRow(
  values: readonly (string | null)[],
  write: (buffer: Buffer, offset: number, columnCount: number) => void,
): void {
  const bytes = values.flatMap((text) => {
    const length = Buffer.alloc(4)
    length.writeInt32BE(text === null ? -1 : Buffer.byteLength(text))
    return [length, Buffer.from(text ?? '')]
  })
  write(Buffer.concat([Buffer.from('before'), ...bytes, Buffer.from('after')]), 6, values.length)
}
