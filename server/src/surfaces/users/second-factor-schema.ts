import { Type } from '@sinclair/typebox'
import { errorsOf, V3Error } from '../v3/error-schemas.ts'

const errors = errorsOf(V3Error, 409)
const tags = ['Users']
const security = [{ session: [] }]
const needsConfirming = 'Needs a session that was confirmed: see `POST /session/confirm`.'

const RecoveryCodes = Type.Object({
  recovery_codes: Type.Array(Type.String(), {
    description: 'Each stands in for a code once. They are shown this once.',
  }),
})

export const show = {
  tags,
  operationId: 'getSecondFactor',
  summary: 'Show whether one has a second factor',
  security,
  response: {
    200: Type.Object({
      enabled_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
      recovery_codes_left: Type.Integer(),
    }),
    ...errors,
  },
}

export const begin = {
  tags,
  operationId: 'beginSecondFactor',
  summary: 'Begin to set up a second factor',
  description: `Answers with the secret for an authenticator app. It holds once it was confirmed by a code. ${needsConfirming}`,
  security,
  response: {
    201: Type.Object({
      secret: Type.String({ description: 'In Base32, to be typed into an app.' }),
      uri: Type.String({ description: 'What a QR code hands to an app.' }),
    }),
    ...errors,
  },
}

export const finish = {
  tags,
  operationId: 'finishSecondFactor',
  summary: 'Put a second factor in force, by its first code',
  description: needsConfirming,
  security,
  body: Type.Object({ code: Type.String() }),
  response: { 200: RecoveryCodes, ...errors },
}

export const renew = {
  tags,
  operationId: 'renewRecoveryCodes',
  summary: 'Make new recovery codes; the old ones are worth nothing then',
  description: needsConfirming,
  security,
  response: { 200: RecoveryCodes, ...errors },
}

export const removeOwn = {
  tags,
  operationId: 'deleteOwnSecondFactor',
  summary: "Turn off one's second factor",
  description: needsConfirming,
  security,
  response: { 204: Type.Null(), ...errors },
}

export const remove = {
  tags,
  operationId: 'deleteSecondFactor',
  summary: 'Turn off the second factor of a user who has lost it',
  description: `For owners. ${needsConfirming} The master key needs no confirming.`,
  params: Type.Object({ id: Type.String({ format: 'uuid' }) }),
  response: { 204: Type.Null(), ...errors },
}
