import { Type } from '@sinclair/typebox'
import { minPasswordLength } from '../../policy/user-details.ts'
import { errorsOf, V3Error } from '../v3/error-schemas.ts'
import { User } from './schema.ts'

const errors = errorsOf(V3Error, 409)
const tags = ['Users']
const security = [{ session: [] }]
const Time = Type.String({ format: 'date-time' })

export const update = {
  tags,
  operationId: 'updateMe',
  summary: "Change one's own name, e-mail address or password",
  description:
    'Needs a session that was confirmed, or `current_password` (and `code`, of a second factor), which confirms it. A new password ends all other sessions of the user.',
  security,
  body: Type.Object({
    name: Type.Optional(Type.String()),
    email: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    password: Type.Optional(Type.String({ minLength: minPasswordLength })),
    current_password: Type.Optional(Type.String()),
    code: Type.Optional(Type.String()),
  }),
  response: { 200: User, ...errors },
}

export const listSessions = {
  tags,
  operationId: 'listOwnSessions',
  summary: 'List where one is signed in',
  security,
  response: {
    200: Type.Object({
      sessions: Type.Array(
        Type.Object({
          id: Type.String({ format: 'uuid' }),
          is_current: Type.Boolean({ description: 'Whether it is the one that asks.' }),
          sign_in_by: Type.Union([Type.Literal('password'), Type.Literal('oidc')]),
          user_agent: Type.Union([Type.String(), Type.Null()], {
            description: 'What the browser called itself when it signed in.',
          }),
          network: Type.Union([Type.String(), Type.Null()], {
            description: 'Where it signed in: an IPv4 address, or an IPv6 network of 64 bits.',
          }),
          created_at: Time,
          last_seen_at: Time,
          expires_at: Time,
        }),
      ),
    }),
    ...errors,
  },
}

export const endOthers = {
  tags,
  operationId: 'deleteOtherSessions',
  summary: 'Sign out everywhere else',
  security,
  response: { 204: Type.Null(), ...errors },
}

export const endOne = {
  tags,
  operationId: 'deleteOwnSession',
  summary: 'Sign out somewhere',
  security,
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  response: { 204: Type.Null(), ...errors },
}
