import { ApiVersion, TileFormat, WidgetTableSource, WidgetTilesetSource } from '@carto/api-client'
import type { AccountCredentials } from '../support/postern.ts'

/** What a column holds, as far as widgets care. Times are texts of ISO 8601. */
export type Kind = 'number' | 'text' | 'boolean' | 'time'

export type WidgetColumn = { readonly name: string; readonly kind: Kind }

export type Value = number | string | boolean | null

export type Position = readonly number[]

export type Geometry = {
  readonly type: string
  readonly coordinates: Position | readonly Position[] | readonly (readonly unknown[])[]
}

export type Polygon = {
  readonly type: 'Polygon'
  readonly coordinates: number[][][]
}

/** A table as GeoJSON has it: what the client calculates from, and what a server was given. */
export type WidgetData = {
  readonly table: string
  readonly columns: readonly WidgetColumn[]
  readonly rows: readonly Readonly<Record<string, Value>>[]
  /** One for each row. */
  readonly geometries: readonly (Geometry | null)[]
}

/** Whoever answers widgets: the client itself, or a server that it asks. */
export type Widgets = WidgetTableSource | WidgetTilesetSource

export type Operator = 'and' | 'or'

const world: Polygon = {
  type: 'Polygon',
  coordinates: [
    [
      [-180, -90],
      [180, -90],
      [180, 90],
      [-180, 90],
      [-180, -90],
    ],
  ],
}

/** The client's own calculation over rows that it has, of those that meet the polygon if there is one. */
export function calculateLocally(
  { rows, geometries }: WidgetData,
  filtersLogicalOperator: Operator,
  polygon?: Polygon,
): { readonly widgets: Widgets; readonly spatialFilter: Polygon } {
  const widgets = new WidgetTilesetSource({
    accessToken: 'none',
    connectionName: 'none',
    tableName: 'none',
    tileFormat: TileFormat.MVT,
    spatialDataType: 'geo',
    spatialDataBounds: [-180, -90, 180, 90],
    widgetWorker: false,
    filtersLogicalOperator,
  })
  const features = rows.flatMap((properties, index) => {
    // Where nothing is asked of places, all rows count, those that are nowhere too.
    const anywhere: Geometry = { type: 'Point', coordinates: [0, 0] }
    const geometry = polygon === undefined ? anywhere : (geometries[index] ?? null)
    return geometry === null ? [] : [{ type: 'Feature' as const, properties, geometry }]
  })
  const spatialFilter = polygon ?? world
  widgets.loadGeoJSON({
    geojson: { type: 'FeatureCollection', features } as never,
    spatialFilter,
  })
  return { widgets, spatialFilter }
}

/** A table of a server, by the client. */
export function askServer(
  { base_url, account, master_key }: AccountCredentials,
  { table }: WidgetData,
  filtersLogicalOperator: Operator,
): WidgetTableSource {
  return new WidgetTableSource({
    apiVersion: ApiVersion.V3,
    apiBaseUrl: base_url,
    accessToken: master_key,
    connectionName: 'default',
    tableName: `${account}.public."${table}"`,
    spatialDataColumn: 'geom',
    filtersLogicalOperator,
  })
}
