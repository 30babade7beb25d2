import { Type } from '@sinclair/typebox'
import { errorsOf } from '../v3/error-schemas.ts'

const V3Error = Type.Object({
  error: Type.String(),
  status: Type.Integer(),
  column_name: Type.Optional(Type.String({ description: 'With "Column not found".' })),
})
const errors = errorsOf(V3Error, 408)
const tags = ['SQL API']

const names = [
  'aggregations',
  'category',
  'formula',
  'histogram',
  'pick',
  'range',
  'scatterplot',
  'table',
  'timeseries',
] as const

const ModelPath = Type.Object({
  connection: Type.String(),
  model: Type.Union(names.map((name) => Type.Literal(name))),
})

/** Objects are JSON text in an address, and themselves in a JSON body. */
const json = (description: string) =>
  Type.Optional(Type.Unknown({ description: `${description} JSON text in an address.` }))

const Selection = {
  filters: json('By column: in, between, closed_open, time, stringSearch.'),
  filtersLogicalOperator: Type.Optional(Type.String({ description: 'and (default) or or' })),
  spatialFilters: json('By column: a Polygon, a MultiPolygon, or {type, indexes}.'),
  spatialFiltersMode: Type.Optional(
    Type.String({ description: 'intersects (default), center or contains; of cells only.' }),
  ),
  spatialDataType: Type.Optional(
    Type.String({ description: 'geo (default), h3, h3int or quadbin' }),
  ),
  spatialDataColumn: Type.Optional(Type.String()),
}

const ModelParameters = Type.Object({
  type: Type.Union([Type.Literal('table'), Type.Literal('query')]),
  source: Type.String({ description: 'The name of a table, or the text of a query.' }),
  params: json('What the model is asked; see docs/reference/models.md.'),
  queryParameters: json('A list for $1, an object for @name.'),
  ...Selection,
})

const ModelAnswer = Type.Object({
  rows: Type.Array(Type.Record(Type.String(), Type.Unknown())),
  metadata: Type.Optional(Type.Record(Type.String(), Type.Unknown())),
})

export const askModel = {
  tags,
  operationId: 'askModel',
  summary: 'Ask one model of a table or a query, as widgets do',
  params: ModelPath,
  querystring: ModelParameters,
  response: { 200: ModelAnswer, ...errors },
}

export const askModelByPost = {
  tags,
  operationId: 'postModel',
  summary: 'Ask one model, for long parameters',
  params: ModelPath,
  body: ModelParameters,
  response: { 200: ModelAnswer, ...errors },
}

const OfQuery = Type.Object({
  q: Type.String(),
  queryParameters: json('A list for $1, an object for @name.'),
  ...Selection,
})
const OfTable = Type.Object(Selection)
const QueryPath = Type.Object({ connection: Type.String(), column: Type.String() })
const TablePath = Type.Object({
  connection: Type.String(),
  table: Type.String(),
  column: Type.String(),
})

const StatsAnswer = Type.Object({
  attribute: Type.String(),
  type: Type.String({ description: 'Number, String, Boolean, Timestamp or Geometry' }),
  min: Type.Optional(Type.Unknown()),
  max: Type.Optional(Type.Unknown()),
  avg: Type.Optional(Type.Unknown()),
  sum: Type.Optional(Type.Unknown()),
  quantiles: Type.Optional(Type.Record(Type.String(), Type.Array(Type.Unknown()))),
  categories: Type.Optional(
    Type.Array(Type.Object({ category: Type.Unknown(), frequency: Type.Integer() })),
  ),
  extent: Type.Optional(
    Type.Object({
      xmin: Type.Number(),
      ymin: Type.Number(),
      xmax: Type.Number(),
      ymax: Type.Number(),
    }),
  ),
})

export const getQueryStats = {
  tags,
  operationId: 'getQueryStats',
  summary: 'Statistics of a column of a query',
  params: QueryPath,
  querystring: OfQuery,
  response: { 200: StatsAnswer, ...errors },
}

export const postQueryStats = {
  tags,
  operationId: 'postQueryStats',
  summary: 'Statistics of a column of a query, for long parameters',
  params: QueryPath,
  body: OfQuery,
  response: { 200: StatsAnswer, ...errors },
}

export const getTableStats = {
  tags,
  operationId: 'getTableStats',
  summary: 'Statistics of a column of a table',
  params: TablePath,
  querystring: OfTable,
  response: { 200: StatsAnswer, ...errors },
}

export const postTableStats = {
  tags,
  operationId: 'postTableStats',
  summary: 'Statistics of a column of a table, for long parameters',
  params: TablePath,
  body: OfTable,
  response: { 200: StatsAnswer, ...errors },
}
