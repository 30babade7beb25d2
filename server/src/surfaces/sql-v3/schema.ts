import { Type } from '@sinclair/typebox'
import { errorsOf } from '../v3/error-schemas.ts'

const Failure = Type.Object({
  error: Type.String(),
  status: Type.Integer(),
  detail: Type.Optional(Type.String()),
  hint: Type.Optional(Type.String()),
  rows: Type.Array(Type.Unknown(), { maxItems: 0 }),
})
const errors = errorsOf(Failure, 408)
const tags = ['SQL API']
const params = Type.Object({
  connection: Type.String({ description: '`default` is the account’s own database.' }),
})

const Parameters = Type.Object({
  q: Type.String({ description: 'SQL.' }),
  queryParameters: Type.Optional(
    Type.Union([Type.Array(Type.Unknown()), Type.Record(Type.String(), Type.Unknown())], {
      description:
        'A list for $1, $2 ..., an object for @name; as JSON text in an address or a form.',
    }),
  ),
  access_token: Type.Optional(Type.String()),
})

const Rows = Type.Object({
  rows: Type.Array(Type.Record(Type.String(), Type.Unknown())),
  schema: Type.Array(
    Type.Object({
      name: Type.String(),
      type: Type.Unsafe<string>({
        type: 'string',
        enum: [
          ...['number', 'bigint', 'string', 'geometry', 'timestamp', 'boolean', 'object', 'array'],
          'unknown',
        ],
      }),
    }),
  ),
  meta: Type.Object({
    cacheHit: Type.Boolean(),
    truncated: Type.Boolean({ description: 'There were more rows than maxRows.' }),
    maxRows: Type.Integer(),
  }),
})

export const query = {
  tags,
  operationId: 'runSqlV3',
  summary: 'Run a statement, as the role of the credential or of its grant',
  params,
  querystring: Parameters,
  response: {
    200: Rows,
    304: { description: 'The answer is what its ETag says it was.', type: 'null' },
    ...errors,
  },
}

export const queryByPost = {
  tags,
  operationId: 'postSqlV3',
  summary: 'Run a statement, for long ones',
  params,
  body: Parameters,
  response: { 200: Rows, ...errors },
}
