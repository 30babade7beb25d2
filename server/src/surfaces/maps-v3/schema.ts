import { Type } from '@sinclair/typebox'
import { errorsOf, V3Error } from '../v3/error-schemas.ts'

const errors = errorsOf(V3Error, 408)
const Urls = Type.Object({ url: Type.Array(Type.String({ format: 'uri' })) })
const UrlsOrError = Type.Union([Urls, Type.Object({ error: Type.String() })])
const Connection = Type.Object({ connection: Type.String() })
const tags = ['Maps API']

const Drawing = {
  columns: Type.Optional(Type.String({ description: 'Comma-separated; default: all.' })),
  spatialDataColumn: Type.Optional(Type.String()),
  spatialDataType: Type.Optional(
    Type.Union(['geo', 'h3', 'h3int', 'quadbin'].map((type) => Type.Literal(type))),
  ),
  filters: Type.Optional(
    Type.String({ description: 'JSON: `{column: {in|between|...: {values}}}`' }),
  ),
  filtersLogicalOperator: Type.Optional(Type.String()),
  aggregationExp: Type.Optional(
    Type.String({ description: 'Aggregates with names: `sum(population) as total`' }),
  ),
  aggregationResLevel: Type.Optional(Type.Integer({ minimum: 0, maximum: 99 })),
  tileResolution: Type.Optional(
    Type.Union([0.25, 0.5, 1, 2, 4].map((resolution) => Type.Literal(resolution))),
  ),
  featureBbox: Type.Optional(Type.Boolean()),
}
const sources = {
  table: {
    name: Type.String({ description: 'table, schema.table or database.schema.table' }),
    ...Drawing,
  },
  query: {
    q: Type.String({ description: 'One SELECT' }),
    queryParameters: Type.Optional(
      Type.String({ description: 'JSON: a list for `$1`, an object for `@name`' }),
    ),
    ...Drawing,
  },
}

const Format = {
  format: Type.Optional(
    Type.Union(
      ['tilejson', 'geojson', 'json', 'ndjson'].map((format) => Type.Literal(format)),
      { description: 'Answer with that itself.' },
    ),
  ),
}

const MapAnswer = Type.Object(
  {
    nrows: Type.Integer(),
    size: Type.Integer(),
    schema: Type.Array(Type.Object({ name: Type.String(), type: Type.String() })),
    tilejson: Urls,
    geojson: UrlsOrError,
    json: UrlsOrError,
    ndjson: UrlsOrError,
  },
  { description: 'With `format` that format instead.' },
)

const tileAnswers = {
  204: { description: 'Nothing lies in this tile.', type: 'null' },
  304: { description: 'The tile is what its ETag says it was.', type: 'null' },
  ...errors,
}

const vectorTile = {
  200: {
    description: 'A Mapbox Vector Tile with one layer, `default`.',
    content: { 'application/vnd.mapbox-vector-tile': { schema: Type.Unknown() } },
  },
  ...tileAnswers,
}

const Address = Type.Object({
  connection: Type.String(),
  z: Type.Integer({ minimum: 0, maximum: 30 }),
  x: Type.Integer({ minimum: 0 }),
  y: Type.Integer({ minimum: 0 }),
})

const Cells = Type.Array(
  Type.Object({ id: Type.String(), properties: Type.Record(Type.String(), Type.Unknown()) }),
)

function routesOf(kind: 'table' | 'query', Kind: 'Table' | 'Query') {
  const what = `a ${kind}`
  const Source = sources[kind]
  const Instantiation = Type.Object({ ...Source, ...Format })
  return {
    instantiate: {
      tags,
      operationId: `instantiate${Kind}Map`,
      summary: `Make a map of ${what}`,
      params: Connection,
      querystring: Instantiation,
      response: { 200: MapAnswer, ...errors },
    },
    instantiateByPost: {
      tags,
      operationId: `post${Kind}Map`,
      summary: `Make a map of ${what}, for long parameters`,
      params: Connection,
      body: Instantiation,
      response: { 200: MapAnswer, ...errors },
    },
    tile: {
      tags,
      operationId: `get${Kind}Tile`,
      summary: `One vector tile of ${what}`,
      params: Address,
      querystring: Type.Object({ ...Source, formatTiles: Type.Optional(Type.Literal('mvt')) }),
      response: vectorTile,
    },
    cellTile: {
      tags,
      operationId: `get${Kind}CellTile`,
      summary: `The H3 or quadbin cells of ${what} within one cell`,
      params: Type.Object({
        connection: Type.String(),
        cell: Type.String({ description: 'In hexadecimal' }),
      }),
      querystring: Type.Object({ ...Source, formatTiles: Type.Optional(Type.Literal('json')) }),
      response: { 200: Cells, ...tileAnswers },
    },
  }
}

const Tileset = { name: Type.String({ description: 'The table of the tileset' }) }
const TilesetAnswer = Type.Pick(MapAnswer, ['nrows', 'size', 'schema', 'tilejson'], {
  description: 'With `format=tilejson` a TileJSON document instead.',
})
const TilesetFormat = { format: Type.Optional(Type.Literal('tilejson')) }

/** The schemas of the routes of tilesets. */
export const tilesetRoutes = {
  instantiate: {
    tags,
    operationId: 'instantiateTilesetMap',
    summary: 'Make a map of a tileset',
    params: Connection,
    querystring: Type.Object({ ...Tileset, ...TilesetFormat }),
    response: { 200: TilesetAnswer, ...errors },
  },
  instantiateByPost: {
    tags,
    operationId: 'postTilesetMap',
    summary: 'Make a map of a tileset, by POST',
    params: Connection,
    body: Type.Object({ ...Tileset, ...TilesetFormat }),
    response: { 200: TilesetAnswer, ...errors },
  },
  tile: {
    tags,
    operationId: 'getTilesetTile',
    summary: 'One tile of a tileset, as it was made',
    params: Address,
    querystring: Type.Object({ ...Tileset, formatTiles: Type.Optional(Type.Literal('mvt')) }),
    response: vectorTile,
  },
}

/** The schemas of the routes of each kind of map. */
export const mapRoutes = { table: routesOf('table', 'Table'), query: routesOf('query', 'Query') }
