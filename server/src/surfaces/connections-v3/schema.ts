import { Type } from '@sinclair/typebox'
import { errorsOf, V3Error } from '../v3/error-schemas.ts'

const errors = errorsOf(V3Error, 422)
const tags = ['Connections API']
const One = Type.Object({ connection: Type.String({ description: 'Its name or id.' }) })

const Config = Type.Object({
  host: Type.String(),
  port: Type.Optional(Type.Integer({ minimum: 1, maximum: 65_535, default: 5432 })),
  database: Type.String(),
  user: Type.String({ description: 'A role with CREATEROLE.' }),
  tls: Type.Optional(
    Type.Union(
      ['disable', 'require', 'verify-ca', 'verify-full'].map((mode) => Type.Literal(mode)),
      { default: 'verify-full' },
    ),
  ),
  ca: Type.Optional(Type.String({ description: 'Certificates of authorities, as PEM.' })),
})

const Connection = Type.Object({
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  provider_id: Type.Literal('postgres'),
  config: Type.Partial(Config, { description: "Empty for the account's own database." }),
  user_id: Type.Union([Type.String({ format: 'uuid' }), Type.Null()]),
  account_id: Type.String({ format: 'uuid' }),
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.String({ format: 'date-time' }),
  spatial_extension: Type.String(),
  privacy: Type.Literal('shared'),
  carto_dw: Type.Literal(false),
  is_default: Type.Boolean(),
})

const Password = Type.Object({ password: Type.String({ description: 'Never shown again.' }) })

const Registration = Type.Object({
  name: Type.String({ pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,62}$' }),
  provider_id: Type.Optional(Type.Literal('postgres')),
  config: Type.Intersect([Config, Password]),
})

const Changes = Type.Object({
  name: Type.Optional(Type.String()),
  provider_id: Type.Optional(Type.Literal('postgres')),
  config: Type.Optional(Type.Partial(Type.Intersect([Config, Password]))),
})

const Check = Type.Object({
  severity: Type.Union([Type.Literal('problem'), Type.Literal('warning')]),
  subject: Type.String(),
  sentence: Type.String(),
  remedy: Type.Optional(Type.String({ description: 'The SQL that mends it.' })),
})

export const create = {
  tags,
  operationId: 'createConnection',
  summary: 'Register a PostGIS server',
  body: Registration,
  response: { 201: Connection, ...errors },
}

export const list = {
  tags,
  operationId: 'listConnections',
  summary: 'List the connections of the account',
  response: { 200: Type.Array(Connection), ...errors },
}

export const test = {
  tags,
  operationId: 'testConnection',
  summary: 'Say what a server lacks to be registered',
  body: Type.Object({
    name: Type.Optional(Type.String()),
    provider_id: Type.Optional(Type.Literal('postgres')),
    config: Type.Intersect([Config, Password]),
  }),
  response: {
    200: Type.Object({ ready: Type.Boolean(), checks: Type.Array(Check) }),
    ...errors,
  },
}

export const get = {
  tags,
  operationId: 'getConnection',
  summary: 'Show a connection',
  params: One,
  response: { 200: Connection, ...errors },
}

export const update = {
  tags,
  operationId: 'updateConnection',
  summary: 'Change a connection',
  params: One,
  body: Changes,
  response: { 200: Connection, 409: V3Error, ...errors },
}

export const remove = {
  tags,
  operationId: 'deleteConnection',
  summary: 'Forget a registered server',
  params: One,
  querystring: Type.Object({
    targetConnectionId: Type.Optional(
      Type.String({ description: 'Where what names this connection is to be instead.' }),
    ),
  }),
  response: {
    204: { description: 'It is gone, and so are the roles that were made on it.', type: 'null' },
    409: V3Error,
    ...errors,
  },
}

const Paging = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
  pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 200 })),
})

const Child = Type.Object({
  id: Type.String({ description: 'To be asked for in its turn.' }),
  name: Type.String(),
  type: Type.Union([
    Type.Literal('schema'),
    Type.Literal('table'),
    Type.Literal('view'),
    Type.Literal('tileset'),
  ]),
})

const Container = Type.Object({
  children: Type.Array(Child),
  total: Type.Integer(),
  page: Type.Integer(),
  pageSize: Type.Integer(),
})

const Field = Type.Object({ name: Type.String(), type: Type.String() })

const Relation = Type.Object({
  id: Type.String(),
  name: Type.String(),
  type: Type.Union([Type.Literal('table'), Type.Literal('view'), Type.Literal('tileset')]),
  schema: Type.Array(Field),
  originalSchema: Type.Array(Field, { description: 'With the types as they were declared.' }),
  geomField: Type.Union([Type.String(), Type.Null()]),
  nrows: Type.Union([Type.Integer(), Type.Null()], {
    description: "By PostgreSQL's statistics; null before it has any, and for views.",
  }),
  size: Type.Integer({ description: 'Bytes, indexes included.' }),
})

export const browse = {
  tags,
  operationId: 'browseConnection',
  summary: 'List the schemas of a connection',
  params: One,
  querystring: Paging,
  response: { 200: Container, ...errors },
}

export const resource = {
  tags,
  operationId: 'getResource',
  summary: 'List a schema, or describe a table or view',
  params: Type.Object({
    connection: Type.String(),
    resource: Type.String({ description: 'schema, schema.table or database.schema.table' }),
  }),
  querystring: Paging,
  response: { 200: Type.Union([Container, Relation]), ...errors },
}

export const warehouseToken = {
  tags,
  operationId: 'getWarehouseToken',
  summary: 'Refused: there is no warehouse beside PostgreSQL',
  response: errors,
}
