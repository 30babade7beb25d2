import { createJsonRows, type JsonRows } from '../../../warehouse/json-rows.ts'
import { derivedTable } from '../derived-table.ts'
import type { Document, FormatParameters, StreamFormat } from '../format.ts'
import { sqlErrorBody } from '../render-sql-error.ts'

const geometryColumn = '_postern_geojson'

/** A FeatureCollection; features have every other column as a property. */
export const geojson: StreamFormat = {
  kind: 'stream',
  contentType: 'application/json; charset=utf-8',
  extension: 'geojson',
  isScript: true,
  tellsErrors: true,
  select: selectFeatures,
  createDocument,
}

/**
 * `the_geom` is not qualified: where it is missing, PostgreSQL's sentence is then the one that
 * clients know.
 */
export function selectFeatures(select: string, { decimalPlaces }: FormatParameters): string {
  return `select postgis.st_asgeojson("the_geom", ${decimalPlaces}) as ${geometryColumn}, _postern.*
from ${derivedTable(select)}`
}

function createDocument({ skippedFields, callback }: FormatParameters): Document {
  let rows: JsonRows | undefined
  const open = `${callback === undefined ? '' : `${callback}(`}{"type": "FeatureCollection", "features": [`
  return {
    columns(columns, types) {
      rows = createJsonRows(columns, types, { skippedFields, geometryColumn })
      rows.text(open)
    },
    row: (buffer, offset, columnCount) => rows?.row(buffer, offset, columnCount),
    length: () => rows?.length() ?? 0,
    take: () => rows?.take() ?? Buffer.alloc(0),
    end({ error }) {
      rows ??= createJsonRows([], new Map())
      const tail = error === undefined ? ']}' : `],${JSON.stringify(sqlErrorBody(error)).slice(1)}`
      rows.text(`${tail}${callback === undefined ? '' : ')'}`)
    },
  }
}
