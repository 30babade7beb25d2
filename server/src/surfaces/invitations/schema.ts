import { Type } from '@sinclair/typebox'
import { userLevels } from '../../credential/manager.ts'
import { minPasswordLength } from '../../policy/user-details.ts'
import { Session } from '../sessions/schema.ts'
import { errorsOf, V3Error } from '../v3/error-schemas.ts'

const errors = errorsOf(V3Error, 409)
const tags = ['Users']

const Time = Type.String({ format: 'date-time' })
const Level = Type.Union(userLevels.map((level) => Type.Literal(level)))
const asked = { email: Type.String(), level: Level }
const common = { id: Type.String({ format: 'uuid' }), ...asked, created_at: Time, expires_at: Time }
const Token = Type.String({ description: 'What the link has behind the #.' })

export const list = {
  tags,
  operationId: 'listInvitations',
  summary: 'List who is invited and has not accepted yet',
  response: {
    200: Type.Object({
      invitations: Type.Array(Type.Object({ ...common, invited_by: Type.String() })),
    }),
    ...errors,
  },
}

export const create = {
  tags,
  operationId: 'createInvitation',
  summary: 'Invite somebody to become a user of the account',
  description:
    'The link is shown once, holds for seven days and is good for one user. Nobody is sent anything. An earlier invitation of this address ends. A session needs to be confirmed.',
  body: Type.Object(asked),
  response: { 201: Type.Object({ ...common, url: Type.String({ format: 'uri' }) }), ...errors },
}

export const remove = {
  tags,
  operationId: 'deleteInvitation',
  summary: 'Take an invitation back',
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  response: { 204: Type.Null(), ...errors },
}

export const find = {
  tags,
  operationId: 'findInvitation',
  summary: 'Show what one is invited to',
  security: [],
  body: Type.Object({ token: Token }),
  response: {
    200: Type.Object({
      account: Type.String(),
      invited_by: Type.String(),
      ...asked,
      expires_at: Time,
    }),
    ...errors,
  },
}

export const accept = {
  tags,
  operationId: 'acceptInvitation',
  summary: 'Accept an invitation, with a name and a password, and be signed in',
  security: [],
  body: Type.Object({
    token: Token,
    name: Type.String(),
    password: Type.String({ minLength: minPasswordLength }),
  }),
  response: { 200: Session, ...errors },
}
