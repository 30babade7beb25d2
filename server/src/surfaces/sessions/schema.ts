import { Type } from '@sinclair/typebox'
import { userLevels } from '../../credential/manager.ts'
import { errorsOf, V3Error } from '../v3/error-schemas.ts'

const errors = errorsOf(V3Error, 409)
const tags = ['Users']

const Code = Type.String({
  description: 'Of the second factor, or a recovery code: asked for by `second_factor_needed`.',
})

export const Session = Type.Object({
  account: Type.String(),
  user: Type.Object({
    id: Type.String({ format: 'uuid' }),
    name: Type.String(),
    email: Type.Union([Type.String(), Type.Null()]),
    level: Type.Union(userLevels.map((level) => Type.Literal(level))),
  }),
  expires_at: Type.String({
    format: 'date-time',
    description: 'When the session ends if it is not used until then.',
  }),
  confirmed_until: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description:
      'Until when its user may do what needs confirming; null when they have not lately.',
  }),
  second_factor: Type.Boolean({ description: 'Whether the user has one.' }),
  sign_in_by: Type.Union([Type.Literal('password'), Type.Literal('oidc')]),
  scopes: Type.Array(Type.String(), { description: 'What the level of the user lets them do.' }),
  csrf_token: Type.String({
    description: 'To be sent as X-CSRF-Token with everything that changes something.',
  }),
})

export const create = {
  tags,
  operationId: 'createSession',
  summary: 'Sign in: answers with a cookie that only this server reads',
  description:
    'Of a user with a second factor the right password is answered with 403, `second_factor_needed`: send everything once more, with a code.',
  security: [],
  body: Type.Object({
    account: Type.String(),
    user: Type.String({ description: 'A user name or an e-mail address.' }),
    password: Type.String(),
    code: Type.Optional(Code),
  }),

  response: { 200: Session, ...errors },
}

export const ways = {
  tags,
  operationId: 'getSignInWays',
  summary: 'Tell how one can sign in here',
  security: [],
  response: { 200: Type.Object({ password: Type.Boolean(), oidc: Type.Boolean() }), ...errors },
}

const Away = Type.Null({ description: 'Leads on; what was wrong stands in the address.' })

export const signOn = {
  tags,
  operationId: 'beginSignOn',
  summary: 'Sign in with the OpenID provider: leads there',
  security: [],
  querystring: Type.Object({
    account: Type.Optional(Type.String()),
    next: Type.Optional(Type.String({ description: 'The page of this server to come back to.' })),
    confirm: Type.Optional(
      Type.String({ description: '`true` confirms the session that there is.' }),
    ),
  }),
  response: { 303: Away, ...errors },
}

export const signOnCallback = {
  tags,
  operationId: 'finishSignOn',
  summary: 'Where the OpenID provider leads back to',
  security: [],
  response: { 303: Away, ...errors },
}

const security = [{ session: [] }]

export const show = {
  tags,
  operationId: 'getSession',
  summary: 'Show who is signed in',
  security,
  response: { 200: Session, ...errors },
}

export const confirm = {
  tags,
  operationId: 'confirmSession',
  summary: 'Prove once more who is signed in',
  description:
    'For ten minutes the session may then do what needs confirming, which is otherwise refused with `confirmation_needed`. Attempts count like those to sign in.',
  security,
  body: Type.Object({ password: Type.String(), code: Type.Optional(Code) }),
  response: { 200: Session, ...errors },
}

export const remove = {
  tags,
  operationId: 'deleteSession',
  summary: 'Sign out',
  security,
  response: { 204: Type.Null(), ...errors },
}
