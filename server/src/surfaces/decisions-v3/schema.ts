import { Type } from '@sinclair/typebox'
import { errorsOf, V3Error } from '../v3/error-schemas.ts'

const kindOf = (what: string, members = {}) => Type.Object({ what: Type.Literal(what), ...members })

const Lack = Type.Union([
  kindOf('table', {
    schema: Type.String(),
    table: Type.String(),
    verbs: Type.Array(Type.String({ description: 'select, insert, update, delete and the like' })),
  }),
  kindOf('schema', { schema: Type.String(), verbs: Type.Array(Type.Literal('create')) }),
  kindOf('query', { query: Type.String() }),
  kindOf('api', { api: Type.String() }),
  kindOf('connection', { connection: Type.String() }),
  kindOf('referer', { referer: Type.Union([Type.String(), Type.Null()]) }),
  kindOf('validity', { expired_at: Type.String({ format: 'date-time' }) }),
  kindOf('engine'),
  kindOf('master_on_data'),
  kindOf('master_key'),
  kindOf('ownership', { schema: Type.String(), table: Type.String() }),
  kindOf('existence', {
    schema: Type.Union([Type.String(), Type.Null()]),
    table: Type.String(),
  }),
  kindOf('function', { function: Type.String() }),
  kindOf('temporary_tables'),
])

export const explain = {
  tags: ['Decisions API'],
  operationId: 'explainDecision',
  summary: 'Ask whether a credential would be allowed something, and if not, what is missing',
  description: 'Nothing is run: what is answered is what the same request would meet right now.',
  body: Type.Object({
    credential: Type.Union(
      [
        Type.Object({ api_key: Type.String({ description: 'Its name.' }) }),
        Type.Object({ access_token: Type.String({ description: 'The id of one of your own.' }) }),
        Type.Object({ token: Type.String({ description: 'The credential itself.' }) }),
      ],
      { description: 'Of your account; of access tokens, your own.' },
    ),
    api: Type.Union([Type.Literal('sql'), Type.Literal('maps')]),
    connection: Type.Optional(Type.String({ default: 'default' })),
    source: Type.Union([
      Type.Object({ table: Type.String({ description: '`name` or `schema.name`' }) }),
      Type.Object({ query: Type.String({ description: 'SQL, or the name of a named source.' }) }),
    ]),
    origin: Type.Optional(Type.String({ description: 'The site that the request comes from.' })),
  }),
  response: {
    200: Type.Object({
      allowed: Type.Boolean(),
      reason: Type.Union([Type.String(), Type.Null()], {
        description: 'The code of the refusal, as the header Postern-Error would have it.',
      }),
      sentence: Type.String(),
      missing: Type.Array(Lack, { description: 'All that is missing.' }),
      needed: Type.Array(Lack, {
        description: 'What a credential that is made for this request has to be granted.',
      }),
      notes: Type.Array(Type.String(), { description: 'What cannot be told without running it.' }),
    }),
    ...errorsOf(V3Error, 422),
  },
}
