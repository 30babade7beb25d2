import { Type } from '@sinclair/typebox'
import { errorsOf, V3Error } from '../v3/error-schemas.ts'

const errors = errorsOf(V3Error, 422)
const tags = ['Named Sources API']
const One = Type.Object({ name: Type.String() })
const Name = Type.String({ pattern: '^[a-z0-9][a-z0-9_-]{1,49}[a-z0-9]$' })

const NamedSource = Type.Object({
  id: Type.String({ format: 'uuid' }),
  name: Name,
  connection_id: Type.String({ format: 'uuid' }),
  connection_name: Type.String(),
  source: Type.String(),
  description: Type.Union([Type.String(), Type.Null()]),
  user_id: Type.Union([Type.String({ format: 'uuid' }), Type.Null()]),
  account_id: Type.String({ format: 'uuid' }),
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.String({ format: 'date-time' }),
})

export const create = {
  tags,
  operationId: 'createNamedSource',
  summary: 'Give a query a name',
  body: Type.Object({
    name: Name,
    connection_name: Type.Optional(Type.String({ default: 'default' })),
    source: Type.String({ description: 'One SELECT that only reads.' }),
    description: Type.Optional(Type.String()),
  }),
  response: { 201: NamedSource, ...errors },
}

export const list = {
  tags,
  operationId: 'listNamedSources',
  summary: 'List the named sources of the account',
  querystring: Type.Object({
    page: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
    pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 200 })),
    search: Type.Optional(Type.String({ description: 'Part of the name or description.' })),
  }),
  response: {
    200: Type.Object({
      result: Type.Array(NamedSource),
      total: Type.Integer(),
      page: Type.Integer(),
      pageSize: Type.Integer(),
    }),
    ...errors,
  },
}

export const get = {
  tags,
  operationId: 'getNamedSource',
  summary: 'Show a named source',
  params: One,
  response: { 200: NamedSource, ...errors },
}

export const update = {
  tags,
  operationId: 'updateNamedSource',
  summary: 'Change what a named source says, for every token that grants it',
  params: One,
  body: Type.Object({
    source: Type.Optional(Type.String()),
    description: Type.Optional(Type.Union([Type.String(), Type.Null()])),
  }),
  response: { 200: NamedSource, ...errors },
}

export const remove = {
  tags,
  operationId: 'deleteNamedSource',
  summary: 'Delete a named source, and take it from every token that grants it',
  params: One,
  response: { 204: { description: 'It is gone.', type: 'null' }, ...errors },
}
