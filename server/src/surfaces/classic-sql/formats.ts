import type { Format } from './format.ts'
import { arraybuffer } from './formats/arraybuffer.ts'
import { csv } from './formats/csv.ts'
import { geojson } from './formats/geojson.ts'
import { json } from './formats/json.ts'
import { gpkg, kml, shp, spatialite } from './formats/ogr.ts'
import { svg } from './formats/svg.ts'
import { topojson } from './formats/topojson.ts'

/** Every format of the SQL API, by the name that clients ask for it. */
export const formats = {
  json,
  geojson,
  topojson,
  csv,
  kml,
  svg,
  shp,
  gpkg,
  spatialite,
  arraybuffer,
} as const satisfies Record<string, Format>

export type FormatName = keyof typeof formats

export function isFormatName(name: string): name is FormatName {
  return Object.hasOwn(formats, name)
}
