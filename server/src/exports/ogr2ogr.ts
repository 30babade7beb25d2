import type { Converter } from './run-converter.ts'
import type { Layer } from './vrt.ts'

export type OgrFormat = 'shp' | 'kml' | 'gpkg' | 'spatialite'

/** How ogr2ogr makes a file of `input`, a description by renderVrt; everything is in one directory. */
export function ogr2ogr(
  format: OgrFormat,
  layer: Layer,
  input: string,
): { readonly converter: Converter; readonly file: string } {
  const { driver, file, options } = targets[format](layer)
  return {
    converter: {
      program: 'ogr2ogr',
      args: [
        ...['-f', driver, file, input, ...options],
        // A description that names no fields means all of them.
        ...(layer.fields.length === 0 ? ['-select', ''] : []),
      ],
      environment: {
        // Text is text, also where it looks like a date.
        OGR_GEOJSON_DATE_AS_STRING: 'YES',
        // The file is thrown away if the machine stops: nobody needs it to be on the disk.
        OGR_SQLITE_SYNCHRONOUS: 'OFF',
        GDAL_CACHEMAX: '64',
        // Built-in drivers are all that it takes.
        GDAL_DRIVER_PATH: 'disable',
      },
    },
    file,
  }
}

type Target = {
  readonly driver: string
  readonly file: string
  readonly options: readonly string[]
}

const targets: Readonly<Record<OgrFormat, (layer: Layer) => Target>> = {
  // A zip with .shp, .shx, .dbf, .prj and .cpg, which are named after it.
  shp: ({ name }) => ({
    driver: 'ESRI Shapefile',
    file: `${name}.shz`,
    options: ['-lco', 'ENCODING=UTF-8'],
  }),
  kml: () => ({ driver: 'KML', file: 'out.kml', options: [] }),
  gpkg: ({ fields }) => ({
    driver: 'GPKG',
    file: 'out.gpkg',
    options: fields.some(({ name, type }) => name === 'cartodb_id' && type.startsWith('Integer'))
      ? ['-lco', 'FID=cartodb_id']
      : [],
  }),
  spatialite: () => ({
    driver: 'SQLite',
    file: 'out.sqlite',
    options: ['-dsco', 'SPATIALITE=YES'],
  }),
}
