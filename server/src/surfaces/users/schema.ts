import { Type } from '@sinclair/typebox'
import { userLevels } from '../../credential/manager.ts'
import { minPasswordLength } from '../../policy/user-details.ts'
import { errorsOf, V3Error } from '../v3/error-schemas.ts'

const errors = errorsOf(V3Error, 409)
const tags = ['Users']

const Level = Type.Union(userLevels.map((level) => Type.Literal(level)))
const Email = Type.Union([Type.String(), Type.Null()])

export const User = Type.Object({
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  email: Email,
  level: Level,
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.String({ format: 'date-time' }),
})

const UserWithPassword = Type.Object({
  ...User.properties,
  password: Type.Optional(
    Type.String({ description: 'Only when it was made here, and only this once.' }),
  ),
})

const Password = Type.String({ minLength: minPasswordLength })
const params = Type.Object({ id: Type.String({ format: 'uuid' }) })

export const list = {
  tags,
  operationId: 'listUsers',
  summary: 'List the users of the account',
  response: { 200: Type.Object({ users: Type.Array(User) }), ...errors },
}

export const create = {
  tags,
  operationId: 'createUser',
  summary: 'Add a user to the account',
  body: Type.Object({
    name: Type.String(),
    level: Level,
    email: Type.Optional(Email),
    password: Type.Optional(Password),
  }),
  response: { 201: UserWithPassword, ...errors },
}

export const levels = {
  tags,
  operationId: 'listLevels',
  summary: 'Say what users may do, by their level',
  response: {
    200: Type.Object({
      levels: Type.Array(
        Type.Object({
          level: Level,
          meaning: Type.String(),
          scopes: Type.Array(Type.Object({ scope: Type.String(), meaning: Type.String() })),
        }),
      ),
    }),
    ...errors,
  },
}

export const showMe = {
  tags,
  operationId: 'getMe',
  summary: 'Show who this request manages as, and what they may do',
  response: {
    200: Type.Object({
      ...User.properties,
      account: Type.String(),
      scopes: Type.Array(Type.String()),
    }),
    ...errors,
  },
}

export const update = {
  tags,
  operationId: 'updateUser',
  summary: 'Change a user',
  description:
    'A new password ends all sessions of the user but the one that asks for it. A new level holds at once.',
  params,
  body: Type.Object({
    name: Type.Optional(Type.String()),
    level: Type.Optional(Level),
    email: Type.Optional(Email),
    password: Type.Optional(Password),
  }),
  response: { 200: User, ...errors },
}

export const remove = {
  tags,
  operationId: 'deleteUser',
  summary: 'Delete a user with their sessions and all that acts in their name',
  params,
  response: { 204: Type.Null(), ...errors },
}
