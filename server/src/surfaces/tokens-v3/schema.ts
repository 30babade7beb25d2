import { Type } from '@sinclair/typebox'
import { tokenApis } from '../../credential/principal.ts'
import { Stretch, Usage } from '../usage/schema.ts'
import { errorsOf } from '../v3/error-schemas.ts'

const V3Error = Type.Object({
  error: Type.String(),
  description: Type.Optional(
    Type.String({ description: 'The same sentence; on refused requests.' }),
  ),
  status: Type.Integer(),
  field: Type.Optional(
    Type.String({ description: 'The member that is wrong, such as grants[0].source.' }),
  ),
  position: Type.Optional(
    Type.Integer({ description: 'Where in its text, in characters from 1.' }),
  ),
})
const errors = errorsOf(V3Error)
const tags = ['Tokens API']

const Name = Type.String({
  maxLength: 255,
  description: 'Unique among your tokens. When it is left out, one is made: tk_ and a short id.',
})
const AllowedApis = Type.Array(Type.Union(tokenApis.map((api) => Type.Literal(api))), {
  minItems: 1,
  description: 'Default: sql and maps. imports stands alone.',
})
const Grants = Type.Array(
  Type.Object({
    connection_name: Type.String(),
    source: Type.String({
      description:
        'A table or tileset (`name`, `schema.name`, `database.schema.name`); `database.schema.*` or `database.schema.prefix*`; one SELECT, with $1 or @name for what callers may choose; or `*` for all of the connection.',
    }),
  }),
)
const Referers = Type.Array(Type.String(), {
  description:
    'Origins such as https://example.com, or https://*.example.com for subdomains; empty: any. A path and a slash at the end are left out.',
})
const ExpirationDate = Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
  description:
    'From then on the token opens nothing. It can be set when the token is made, and not changed.',
})

const AccessToken = Type.Object({
  id: Type.String({ format: 'uuid' }),
  token: Type.Union([Type.String(), Type.Null()], {
    description:
      'The token itself: whoever has it can use it. Null when the account shows tokens once.',
  }),
  name: Type.String(),
  allowed_apis: AllowedApis,
  grants: Grants,
  referers: Referers,
  expiration_date: ExpirationDate,
  account_id: Type.String({ format: 'uuid' }),
  user_id: Type.String({ format: 'uuid', description: 'Whose token it is.' }),
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.String({ format: 'date-time' }),
  last_used_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
  notes: Type.Optional(
    Type.Array(Type.String(), { description: 'How the request was read, where it needs saying.' }),
  ),
})

const TokenParams = Type.Object({
  token: Type.String({ description: 'The token itself or its id.' }),
})
const Page = Type.Object({
  page: Type.Optional(Type.Integer({ minimum: 1, description: 'From 1.' })),
  pageSize: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1_000, description: 'Default: 100.' }),
  ),
})

export const list = {
  tags,
  operationId: 'listAccessTokens',
  summary: 'List your access tokens',
  querystring: Page,
  response: {
    200: Type.Array(AccessToken, {
      description: 'The newest first. The header X-Total-Count says how many there are in all.',
    }),
    ...errors,
  },
}

export const create = {
  tags,
  operationId: 'createAccessToken',
  summary: 'Make an access token',
  body: Type.Object({
    name: Type.Optional(Name),
    allowed_apis: Type.Optional(AllowedApis),
    grants: Type.Optional(Grants),
    referers: Type.Optional(Referers),
    expiration_date: Type.Optional(ExpirationDate),
  }),
  response: { 201: AccessToken, ...errors },
}

export const show = {
  tags,
  operationId: 'getAccessToken',
  summary: 'Show one of your access tokens',
  params: TokenParams,
  response: { 200: AccessToken, ...errors },
}

const Described = Type.Array(Type.Object({ name: Type.String(), type: Type.String() }))

export const check = {
  tags,
  operationId: 'checkTokenSource',
  summary: 'Say what a grant would open, or why it cannot be',
  description:
    'Makes no token. PostgreSQL says what it makes of a query as the role that it would run as; the query is not run.',
  body: Type.Object({
    connection_name: Type.String(),
    source: Type.String({ description: 'As in the grants of a token.' }),
  }),
  response: {
    200: Type.Union([
      Type.Object(
        {
          valid: Type.Literal(true),
          kind: Type.Union(['table', 'wildcard', 'all'].map((kind) => Type.Literal(kind))),
        },
        { title: 'A table or tileset, what begins so, or everything' },
      ),
      Type.Object(
        {
          valid: Type.Literal(true),
          kind: Type.Literal('query'),
          statement: Type.String({
            description: 'The query; of a named source, what it stands for.',
          }),
          named_source: Type.Boolean(),
          columns: Described,
          parameters: Described,
        },
        { title: 'A query' },
      ),
      Type.Object(
        {
          valid: Type.Literal(false),
          error: Type.String(),
          position: Type.Union([Type.Integer(), Type.Null()], {
            description: 'Where in the source, in characters from 1.',
          }),
        },
        { title: 'What cannot be granted' },
      ),
    ]),
    ...errors,
  },
}

export const edit = {
  tags,
  operationId: 'updateAccessToken',
  summary: 'Edit an access token: what is not said stays',
  params: TokenParams,
  body: Type.Object({
    name: Type.Optional(Name),
    allowed_apis: Type.Optional(AllowedApis),
    grants: Type.Optional(Grants),
    referers: Type.Optional(Referers),
  }),
  response: { 200: AccessToken, ...errors },
}

export const remove = {
  tags,
  operationId: 'deleteAccessToken',
  summary: 'Delete an access token: from the answer on it opens nothing anywhere',
  params: TokenParams,
  response: { 204: Type.Null(), ...errors },
}

export const usage = {
  tags,
  operationId: 'getAccessTokenUsage',
  summary: 'Show how much an access token was used',
  params: TokenParams,
  querystring: Stretch,
  response: { 200: Usage, ...errors },
}
