import { Type } from '@sinclair/typebox'
import { dataApis } from '../../credential/principal.ts'
import { errorsOf, V3Error } from '../v3/error-schemas.ts'

const errors = errorsOf(V3Error)
const tags = ['Auth API']

export const show = {
  tags,
  operationId: 'getGrantable',
  summary: 'Say what a new key can be given beside tables',
  response: {
    200: Type.Object({
      apis: Type.Array(Type.Union(dataApis.map((api) => Type.Literal(api)))),
      schemas: Type.Array(Type.String(), {
        description: 'Schemas in which a key can be let make tables.',
      }),
      services: Type.Array(Type.String()),
    }),
    ...errors,
  },
}

export const listTables = {
  tags,
  operationId: 'listGrantableTables',
  summary: 'List the tables and views that a new key can be granted something on',
  querystring: Type.Object({
    search: Type.Optional(Type.String({ description: 'Part of `schema.name`, in any case.' })),
    page: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
    pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 200 })),
  }),
  response: {
    200: Type.Object({
      tables: Type.Array(
        Type.Object({
          schema: Type.String(),
          name: Type.String(),
          type: Type.Union(
            ['table', 'view', 'materialized view', 'foreign table'].map((type) =>
              Type.Literal(type),
            ),
          ),
          is_public: Type.Boolean({ description: 'Every key reads it.' }),
          permissions: Type.Array(
            Type.Union(['select', 'insert', 'update', 'delete'].map((verb) => Type.Literal(verb))),
          ),
        }),
      ),
      total: Type.Integer(),
      page: Type.Integer(),
      pageSize: Type.Integer(),
    }),
    ...errors,
  },
}
