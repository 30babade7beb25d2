import { Type } from '@sinclair/typebox'

const V3Error = Type.Object({ error: Type.String(), status: Type.Integer() })
const errors = {
  400: V3Error,
  401: V3Error,
  403: V3Error,
  404: V3Error,
  429: V3Error,
  503: V3Error,
}
const Urls = Type.Object({ url: Type.Array(Type.String({ format: 'uri' })) })
const Connection = Type.Object({ connection: Type.String() })
const tags = ['Maps API']

const Source = {
  name: Type.String({ description: 'table, schema.table or database.schema.table' }),
  columns: Type.Optional(Type.String({ description: 'Comma-separated; default: all.' })),
  spatialDataColumn: Type.Optional(Type.String()),
}

const Instantiation = Type.Object({
  ...Source,
  format: Type.Optional(
    Type.Literal('tilejson', { description: 'Answer with the TileJSON itself.' }),
  ),
})

const MapAnswer = Type.Object(
  {
    nrows: Type.Integer(),
    size: Type.Integer(),
    schema: Type.Array(Type.Object({ name: Type.String(), type: Type.String() })),
    tilejson: Urls,
  },
  { description: 'With format=tilejson a TileJSON 2.2.0 document instead.' },
)

export const instantiate = {
  tags,
  operationId: 'instantiateTableMap',
  summary: 'Make a map of a table',
  params: Connection,
  querystring: Instantiation,
  response: { 200: MapAnswer, ...errors },
}

export const instantiateByPost = {
  tags,
  operationId: 'postTableMap',
  summary: 'Make a map of a table, for long parameters',
  params: Connection,
  body: Instantiation,
  response: { 200: MapAnswer, ...errors },
}

export const tile = {
  tags,
  operationId: 'getTableTile',
  summary: 'One vector tile of a table',
  params: Type.Object({
    connection: Type.String(),
    z: Type.Integer({ minimum: 0, maximum: 30 }),
    x: Type.Integer({ minimum: 0 }),
    y: Type.Integer({ minimum: 0 }),
  }),
  querystring: Type.Object({ ...Source, formatTiles: Type.Optional(Type.Literal('mvt')) }),
  response: {
    200: {
      description: 'A Mapbox Vector Tile with one layer, `default`.',
      content: { 'application/vnd.mapbox-vector-tile': { schema: Type.Unknown() } },
    },
    204: { description: 'Nothing lies in this tile.', type: 'null' },
    304: { description: 'The tile is what its ETag says it was.', type: 'null' },
    ...errors,
  },
}
