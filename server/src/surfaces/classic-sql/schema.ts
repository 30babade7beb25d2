import { Type } from '@sinclair/typebox'

const Parameters = Type.Object({
  q: Type.String({ description: 'One SQL statement.' }),
  format: Type.Optional(
    Type.Union([Type.Literal('json'), Type.Literal('geojson')], { default: 'json' }),
  ),
  filename: Type.Optional(
    Type.String({ description: 'The name to save the answer under. Default: cartodb-query.' }),
  ),
  api_key: Type.Optional(Type.String()),
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
    { description: 'With format=geojson a FeatureCollection instead.' },
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
  summary: 'Run one SQL statement as the role of the credential',
  response,
}

export const get = (operationId: string) => ({ ...common, operationId, querystring: Parameters })

export const post = (operationId: string) => ({ ...common, operationId, body: Parameters })
