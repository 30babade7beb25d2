import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type OgrFormat, ogr2ogr } from '../../../exports/ogr2ogr.ts'
import { type Layer, type LayerField, renderVrt } from '../../../exports/vrt.ts'
import {
  type ColumnType,
  createFeatureLines,
  type FeatureLines,
  type FeatureShape,
} from '../../../warehouse/feature-lines.ts'
import { safeName } from '../content-disposition.ts'
import type { ExportFormat, ExportInput, FormatParameters } from '../format.ts'

// Rows are read once, by the same session as any other result, and become a file that ogr2ogr turns
// into what was asked for: it never sees the statement or the database.

export const shp = ogrFormat('shp', 'application/zip; charset=utf-8', 'zip')
export const kml = ogrFormat('kml', 'application/kml; charset=utf-8', 'kml')
export const gpkg = ogrFormat('gpkg', 'application/x-sqlite3; charset=utf-8', 'gpkg')
export const spatialite = ogrFormat('spatialite', 'application/x-sqlite3; charset=utf-8', 'sqlite')

const rowsFile = 'rows.geojsonl'
const descriptionFile = 'rows.vrt'

function ogrFormat(format: OgrFormat, contentType: string, extension: string): ExportFormat {
  return {
    kind: 'export',
    contentType,
    extension,
    createInput: (parameters) => createInput(format, parameters),
  }
}

function createInput(
  format: OgrFormat,
  { skippedFields, filename }: FormatParameters,
): ExportInput {
  let rows: FeatureLines = createFeatureLines([], new Map(), skippedFields)
  return {
    file: rowsFile,
    document: {
      columns(columns, types) {
        rows = createFeatureLines(columns, types, skippedFields)
      },
      row: (buffer, offset, columnCount) => rows.row(buffer, offset, columnCount),
      length: () => rows.length(),
      take: () => rows.take(),
      end() {},
    },
    async prepare(directory) {
      const layer = layerOf(layerName(filename), rows.shape())
      await writeFile(join(directory, descriptionFile), renderVrt(layer, rowsFile, 'rows'))
      return ogr2ogr(format, layer, descriptionFile)
    },
  }
}

/** It becomes the name of files in a zip, too. */
function layerName(filename: string | undefined): string {
  return safeName(filename)
    .replace(/[^A-Za-z0-9_.-]/g, '_')
    .replace(/^[.-]+/, '_')
    .slice(0, 60)
}

const fieldTypes: Readonly<Record<ColumnType, Pick<LayerField, 'type' | 'subtype'>>> = {
  bool: { type: 'Integer', subtype: 'Boolean' },
  int2: { type: 'Integer', subtype: 'Int16' },
  int4: { type: 'Integer' },
  int8: { type: 'Integer64' },
  float4: { type: 'Real', subtype: 'Float32' },
  float8: { type: 'Real' },
  date: { type: 'Date' },
  time: { type: 'Time' },
  timestamp: { type: 'DateTime' },
  text: { type: 'String' },
}

function layerOf(name: string, { columns, geometry }: FeatureShape): Layer {
  return {
    name,
    fields: columns.map((column) => ({
      name: column.name,
      source: column.property,
      ...fieldTypes[column.type],
    })),
    geometry: geometry && {
      name: geometry.name,
      source: geometry.property,
      type: geometryType(geometry.types),
      srid: geometry.srid,
    },
  }
}

const simpleTypes = [
  'wkbPoint',
  'wkbLineString',
  'wkbPolygon',
  'wkbMultiPoint',
  'wkbMultiLineString',
  'wkbMultiPolygon',
  'wkbGeometryCollection',
]
const dimensionSuffixes = ['', '25D', 'M', 'ZM']

/** GDAL's name of the type that all geometries have; undefined when they have none in common. */
function geometryType(types: ReadonlySet<number>): string | undefined {
  const [type, another] = types
  if (type === undefined || another !== undefined) return undefined
  const name = simpleTypes[(type % 1000) - 1]
  return name === undefined ? undefined : `${name}${dimensionSuffixes[Math.floor(type / 1000)]}`
}
