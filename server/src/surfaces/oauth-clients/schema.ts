import { Type } from '@sinclair/typebox'
import { scopes } from '../../credential/manager.ts'
import { errorsOf, V3Error } from '../v3/error-schemas.ts'

const errors = errorsOf(V3Error, 409)
const tags = ['OAuth']
const Scopes = Type.Array(Type.Union(scopes.map((scope) => Type.Literal(scope))))
const Kind = Type.Union([Type.Literal('m2m'), Type.Literal('public')])
const Time = Type.String({ format: 'date-time' })
const params = Type.Object({ id: Type.String({ format: 'uuid' }) })

const Client = Type.Object({
  client_id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  kind: Kind,
  user_id: Type.Union([Type.String({ format: 'uuid' }), Type.Null()], {
    description: 'Whom a program acts as.',
  }),
  redirect_uris: Type.Array(Type.String()),
  scopes: Scopes,
  created_at: Time,
})

export const list = {
  tags,
  operationId: 'listOAuthClients',
  summary: 'List the OAuth clients of the account',
  response: { 200: Type.Object({ oauth_clients: Type.Array(Client) }), ...errors },
}

export const create = {
  tags,
  operationId: 'createOAuthClient',
  summary: 'Register an OAuth client',
  description:
    'A program (`m2m`) acts as whoever registers it and gets a secret, which is shown this once. An application in browsers (`public`) has redirect_uris instead.',
  body: Type.Object({
    name: Type.String(),
    kind: Kind,
    scopes: Scopes,
    redirect_uris: Type.Optional(Type.Array(Type.String({ format: 'uri' }))),
  }),
  response: {
    201: Type.Object({ ...Client.properties, client_secret: Type.Optional(Type.String()) }),
    ...errors,
  },
}

export const remove = {
  tags,
  operationId: 'deleteOAuthClient',
  summary: 'Delete an OAuth client with all that it was let do',
  params,
  response: { 204: Type.Null(), ...errors },
}

export const listGrants = {
  tags,
  operationId: 'listOAuthGrants',
  summary: 'List what one has let applications do',
  response: {
    200: Type.Object({
      oauth_grants: Type.Array(
        Type.Object({
          id: Type.String({ format: 'uuid' }),
          client_id: Type.String({ format: 'uuid' }),
          client_name: Type.String(),
          scopes: Scopes,
          created_at: Time,
          expires_at: Time,
        }),
      ),
    }),
    ...errors,
  },
}

export const removeGrant = {
  tags,
  operationId: 'deleteOAuthGrant',
  summary: 'Take back what one has let an application do',
  params,
  response: { 204: Type.Null(), ...errors },
}
