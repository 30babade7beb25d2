import { topojsonConverter } from '../../../exports/topojson.ts'
import type { ExportFormat } from '../format.ts'
import { geojson, selectFeatures } from './geojson.ts'

const rowsFile = 'rows.geojson'
/** The converter has the whole of it in memory. */
const maxInputBytes = 64 * 1024 * 1024

/** A topology, in which borders that two areas share are there once. */
export const topojson: ExportFormat = {
  kind: 'export',
  contentType: 'application/json; charset=utf-8',
  extension: 'topojson',
  isScript: true,
  select: selectFeatures,
  createInput: (parameters) => ({
    file: rowsFile,
    maxBytes: maxInputBytes,
    document: geojson.createDocument({ ...parameters, callback: undefined }),
    prepare: async () => topojsonConverter(rowsFile, parameters.callback),
  }),
}
