import { Type } from '@sinclair/typebox'
import { counts, Stretch } from '../usage/schema.ts'
import { errorsOf, V3Error } from '../v3/error-schemas.ts'

const errors = errorsOf(V3Error)

const series = {
  ...counts,
  series: Type.Array(Type.Integer(), {
    description: 'Requests in each of the periods, in their order.',
  }),
}

export const show = {
  tags: ['Activity'],
  operationId: 'getActivity',
  summary: 'Show how much the credentials of the account are used',
  description:
    'Access tokens of other users are summed up. Hours are told for at most 8 days at once, days for 90.',
  querystring: Type.Object({
    ...Stretch.properties,
    credential: Type.Optional(
      Type.String({
        description:
          'The id of a credential, or `other_tokens`: periods and APIs are those of this one.',
      }),
    ),
    api: Type.Optional(
      Type.String({ description: 'Periods and credentials are those of this API.' }),
    ),
  }),
  response: {
    200: Type.Object({
      granularity: Type.Union([Type.Literal('hour'), Type.Literal('day')]),
      from: Type.String({ format: 'date-time' }),
      to: Type.String({ format: 'date-time' }),
      totals: Type.Object(counts),
      periods: Type.Array(Type.Object({ at: Type.String({ format: 'date-time' }), ...counts }), {
        description: 'Every hour or day of UTC, also those without requests, the oldest first.',
      }),
      apis: Type.Array(Type.Object({ api: Type.String(), ...series })),
      credentials: Type.Array(
        Type.Object({
          kind: Type.Union(
            (['api_key', 'access_token', 'other_tokens', 'beyond'] as const).map((kind) =>
              Type.Literal(kind),
            ),
            {
              description:
                '`other_tokens`: access tokens of other users, together. `beyond`: those after the 100 busiest, together.',
            },
          ),
          id: Type.Union([Type.String({ format: 'uuid' }), Type.Null()]),
          name: Type.Union([Type.String(), Type.Null()]),
          type: Type.Union(
            [
              ...(['master', 'default', 'regular'] as const).map((type) => Type.Literal(type)),
              Type.Null(),
            ],
            { description: 'Of an API key.' },
          ),
          last_used_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()]),
          ...series,
        }),
        { description: 'The busiest first.' },
      ),
    }),
    ...errors,
  },
}
