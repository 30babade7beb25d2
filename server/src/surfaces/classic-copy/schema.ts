import { Type } from '@sinclair/typebox'

const Version = Type.Object({
  version: Type.String({ description: 'Any word: v2, or v1 for older clients.' }),
})

const SqlError = Type.Object({
  error: Type.Array(Type.String()),
  detail: Type.Optional(Type.String()),
  hint: Type.Optional(Type.String()),
})

const errors = {
  400: SqlError,
  401: SqlError,
  403: SqlError,
  404: SqlError,
  429: SqlError,
  503: SqlError,
}

const common = { tags: ['SQL API'], params: Version }

export const copyFrom = {
  ...common,
  operationId: 'copyFrom',
  summary: 'Load rows into a table: the body is the data of one COPY ... FROM STDIN',
  consumes: ['application/octet-stream'],
  querystring: Type.Object({
    q: Type.String({ description: 'COPY table (columns) FROM STDIN WITH (...).' }),
    api_key: Type.Optional(Type.String()),
  }),
  response: {
    200: Type.Object({
      time: Type.Number({ description: 'Seconds.' }),
      total_rows: Type.Integer(),
    }),
    ...errors,
  },
}

const CopyTo = Type.Object({
  q: Type.String({ description: 'COPY table or (query) TO STDOUT WITH (...).' }),
  filename: Type.Optional(
    Type.String({ description: 'The name to save the data under. Default: carto-sql-copyto.dmp.' }),
  ),
  api_key: Type.Optional(Type.String()),
})

const copyToCommon = {
  ...common,
  summary: 'Read rows in the format of one COPY ... TO STDOUT',
  response: { 200: Type.String({ description: 'The data, as it comes.' }), ...errors },
}

export const copyTo = { ...copyToCommon, operationId: 'copyTo', querystring: CopyTo }

export const postCopyTo = { ...copyToCommon, operationId: 'postCopyTo', querystring: CopyTo }
