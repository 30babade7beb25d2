import { Type } from '@sinclair/typebox'

const tags = ['OAuth']

const OAuthError = Type.Object({ error: Type.String(), error_description: Type.String() })
const errors = { 400: OAuthError, 401: OAuthError, 429: OAuthError, 503: OAuthError }
const Page = { description: 'A page.', content: { 'text/html': { schema: Type.String() } } }
const optional = Type.Optional(Type.String())

const Client = { client_id: optional, client_secret: optional }

export const authorize = {
  tags,
  operationId: 'authorizeOAuthClient',
  summary: 'Ask a user whether an application may act in their name',
  security: [],
  querystring: Type.Object({
    response_type: Type.Literal('code'),
    client_id: Type.String(),
    redirect_uri: Type.String({ description: 'One that the client has registered.' }),
    scope: optional,
    state: optional,
    code_challenge: Type.String(),
    code_challenge_method: Type.Literal('S256'),
  }),
  response: { 200: Page, 303: Type.Null(), 400: Page },
}

export const decide = {
  tags,
  operationId: 'decideOAuthRequest',
  summary: 'Allow or deny what an application has asked for',
  security: [],
  response: { 303: Type.Null(), 400: Page },
}

export const token = {
  tags,
  operationId: 'createOAuthToken',
  summary: 'Get an access token',
  description:
    'By client_credentials, authorization_code or refresh_token, as a form or as JSON. The client says who it is in the body or by Basic. `audience` may be sent and means nothing.',
  security: [],
  body: Type.Object({
    grant_type: Type.String(),
    ...Client,
    scope: optional,
    code: optional,
    redirect_uri: optional,
    code_verifier: optional,
    refresh_token: optional,
  }),
  response: {
    200: Type.Object({
      access_token: Type.String(),
      token_type: Type.Literal('Bearer'),
      expires_in: Type.Integer({ description: 'Seconds.' }),
      scope: Type.String(),
      refresh_token: Type.Optional(Type.String({ description: 'Good for one use.' })),
    }),
    ...errors,
  },
}

export const revoke = {
  tags,
  operationId: 'revokeOAuthToken',
  summary: 'Give a token back: of an application, all that its user has granted with it ends',
  security: [],
  body: Type.Object({ token: Type.String(), ...Client }),
  response: { 200: Type.Null(), ...errors },
}

export const metadata = {
  tags,
  operationId: 'getOAuthMetadata',
  summary: 'Where and how clients get tokens (RFC 8414)',
  security: [],
  response: { 200: Type.Object({ issuer: Type.String() }, { additionalProperties: true }) },
}
