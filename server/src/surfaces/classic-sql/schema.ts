import { Type } from '@sinclair/typebox'
import { formats } from './formats.ts'

const Parameters = Type.Object({
  q: Type.String({ description: 'One SQL statement, or several separated by semicolons.' }),
  format: Type.Optional(
    Type.Unsafe<string>({ type: 'string', enum: Object.keys(formats), default: 'json' }),
  ),
  filename: Type.Optional(
    Type.String({ description: 'The name to save the answer under. Default: cartodb-query.' }),
  ),
  skipfields: Type.Optional(
    Type.String({ description: 'Columns to leave out, separated by commas.' }),
  ),
  dp: Type.Optional(
    Type.Integer({
      minimum: 0,
      maximum: 15,
      default: 6,
      description: 'Digits behind the point of coordinates in geojson, topojson and svg.',
    }),
  ),
  rows_per_page: Type.Optional(
    Type.Integer({ description: 'With page: so many rows. Of a SELECT only.' }),
  ),
  page: Type.Optional(Type.Integer({ description: 'Which page, counted from 0.' })),
  order_by: Type.Optional(Type.String({ description: 'The column to sort by. Of a SELECT only.' })),
  sort_order: Type.Optional(Type.Unsafe<string>({ type: 'string', enum: ['asc', 'desc'] })),
  callback: Type.Optional(
    Type.String({ description: 'Answer with a script that calls this function (JSONP).' }),
  ),
  cache_policy: Type.Optional(Type.Unsafe<string>({ type: 'string', enum: ['persist'] })),
  client: Type.Optional(
    Type.String({ description: 'The name of the client, sent back in Carto-Client.' }),
  ),
  api_key: Type.Optional(Type.String()),
})

const Version = Type.Object({
  version: Type.String({ description: 'Any word: v2, or v1 for older clients.' }),
})

const SqlError = Type.Object({
  error: Type.Array(Type.String()),
  context: Type.Optional(Type.String()),
  detail: Type.Optional(Type.String()),
  hint: Type.Optional(Type.String()),
})

const response = {
  200: Type.Object(
    {
      rows: Type.Array(Type.Record(Type.String(), Type.Unknown())),
      time: Type.Number({ description: 'Seconds.' }),
      fields: Type.Record(Type.String(), Type.Unknown()),
      total_rows: Type.Integer(),
    },
    { description: 'With another format, its document: docs/reference/sql-formats.md.' },
  ),
  400: SqlError,
  401: SqlError,
  403: SqlError,
  404: SqlError,
  429: SqlError,
  503: SqlError,
}

const common = {
  tags: ['SQL API'],
  summary: 'Run SQL as the role of the credential',
  params: Version,
  response,
}

export const get = (operationId: string) => ({ ...common, operationId, querystring: Parameters })

export const post = (operationId: string) => ({ ...common, operationId, body: Parameters })
