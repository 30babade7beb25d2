import { Type } from '@sinclair/typebox'
import { apis } from '../../credential/principal.ts'
import { Stretch, Usage, use } from '../usage/schema.ts'

const Verb = Type.Union(['select', 'insert', 'update', 'delete'].map((verb) => Type.Literal(verb)))

const GrantSection = Type.Union([
  Type.Object(
    {
      type: Type.Literal('apis'),
      apis: Type.Array(Type.Union(apis.map((api) => Type.Literal(api)))),
    },
    { title: 'apis' },
  ),
  Type.Object(
    {
      type: Type.Literal('database'),
      tables: Type.Optional(
        Type.Array(
          Type.Object({
            schema: Type.String(),
            name: Type.String(),
            owner: Type.Optional(Type.Boolean()),
            permissions: Type.Array(Verb),
          }),
        ),
      ),
      schemas: Type.Optional(
        Type.Array(
          Type.Object({ name: Type.String(), permissions: Type.Array(Type.Literal('create')) }),
        ),
      ),
      table_metadata: Type.Optional(Type.Array(Type.Unknown())),
    },
    { title: 'database' },
  ),
  Type.Object(
    { type: Type.Literal('dataservices'), services: Type.Array(Type.String()) },
    { title: 'dataservices' },
  ),
  Type.Object(
    { type: Type.Literal('data-observatory'), datasets: Type.Array(Type.String()) },
    { title: 'data-observatory' },
  ),
  Type.Object(
    { type: Type.Literal('user'), data: Type.Array(Type.Literal('profile')) },
    { title: 'user' },
  ),
])

const ApiKey = Type.Object({
  name: Type.String(),
  user: Type.Object({ username: Type.String() }),
  type: Type.Union(['master', 'default', 'regular'].map((type) => Type.Literal(type))),
  token: Type.Union([Type.String(), Type.Null()], {
    description:
      "Null when the account shows tokens once, and for users who may not know it: a viewer, and for the master key's, whoever is not an owner that has just confirmed who they are.",
  }),
  grants: Type.Array(Type.Unknown(), {
    description: 'What the key holds now, read back from the database.',
  }),
  created_at: Type.String({ examples: ['2018-02-14 13:23:12 +0000'] }),
  updated_at: Type.String(),
  description: Type.Optional(Type.String()),
  expires_at: Type.Optional(Type.String({ format: 'date-time' })),
  ...use,
})

const AuthError = Type.Object({
  errors: Type.String(),
  errors_cause: Type.Union([Type.Null(), Type.String()], {
    description: 'Null, or more about a limit.',
  }),
})
const Absent = Type.Null({
  description: 'The engine of the account is off: an empty body. A key that is not there: errors.',
})
const Unauthorized = Type.Null({ description: 'Not authenticated, or not with the master key.' })
const Name = Type.Object({ name: Type.String() })
const Receipt = {
  'postern-receipt': Type.String({
    description: 'What was true when the revocation was complete: epoch, nodes, what it ended.',
  }),
}
const tags = ['Auth API']
const Common = Type.Object({
  api_key: Type.Optional(Type.String()),
  user_domain: Type.Optional(Type.String({ description: 'The account, as the path names it.' })),
  callback: Type.Optional(Type.String({ description: 'JSONP: the function to call.' })),
  target_user: Type.Optional(
    Type.String({ description: 'There are no organizations: with it the answer is 404.' }),
  ),
})

export const list = {
  tags,
  operationId: 'listApiKeys',
  summary: 'List the keys that the caller may see',
  querystring: Type.Object({
    page: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
    per_page: Type.Optional(Type.Integer({ minimum: 1, default: 20 })),
    order: Type.Optional(
      Type.Union(['type', 'name', 'updated_at'].map((order) => Type.Literal(order))),
    ),
    order_direction: Type.Optional(Type.Union([Type.Literal('asc'), Type.Literal('desc')])),
    type: Type.Optional(Type.String({ description: 'Comma-separated: master, default, regular.' })),
    ...Common.properties,
  }),
  response: {
    200: Type.Object({
      total: Type.Integer(),
      count: Type.Integer(),
      result: Type.Array(
        Type.Composite([ApiKey, Type.Object({ _links: Type.Object({ self: Type.String() }) })]),
      ),
      _links: Type.Record(Type.String(), Type.Object({ href: Type.String() })),
    }),
    400: AuthError,
    401: Unauthorized,
  },
}

export const create = {
  tags,
  operationId: 'createApiKey',
  summary: 'Create a regular key',
  body: Type.Object({
    name: Type.String(),
    grants: Type.Array(GrantSection),
    description: Type.Optional(Type.String({ maxLength: 1000 })),
    expires_at: Type.Optional(
      Type.String({ format: 'date-time', description: 'From then on the key opens nothing.' }),
    ),
    ...Common.properties,
  }),
  response: { 201: ApiKey, 401: Unauthorized, 403: AuthError, 404: Absent, 422: AuthError },
}

export const show = {
  tags,
  operationId: 'getApiKey',
  summary: 'Show one key',
  params: Name,
  querystring: Common,
  response: { 200: ApiKey, 401: Unauthorized, 404: AuthError },
}

export const usage = {
  tags,
  operationId: 'getApiKeyUsage',
  summary: 'Show how much a key was used',
  params: Name,
  querystring: Stretch,
  response: {
    200: Usage,
    400: AuthError,
    401: Unauthorized,
    404: AuthError,
  },
}

export const remove = {
  tags,
  operationId: 'deleteApiKey',
  summary: 'Delete a regular key',
  params: Name,
  querystring: Common,
  response: {
    204: { description: 'Deleted everywhere.', headers: Receipt, type: 'null' },
    401: Unauthorized,
    403: AuthError,
    404: AuthError,
  },
}

export const regenerate = {
  tags,
  operationId: 'regenerateApiKey',
  summary: 'Give a key a new token',
  params: Name,
  querystring: Common,
  response: { 200: ApiKey, 401: Unauthorized, 403: AuthError, 404: AuthError },
}
