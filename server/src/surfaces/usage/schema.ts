import { Type } from '@sinclair/typebox'

const units = ['hour', 'day'].map((unit) => Type.Literal(unit))

/** When a credential was last used, and how often in all. */
export const use = {
  last_used_at: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
    description: 'A few seconds behind; null for one that was never used.',
  }),
  request_count: Type.Integer({ description: 'Requests since it was made.' }),
}

export const counts = {
  requests: Type.Integer(),
  errors: Type.Integer({ description: 'Of the requests: answered with an error.' }),
  denials: Type.Integer({
    description: 'Of the requests: refused because it may not, or not so often.',
  }),
}

export const Stretch = Type.Object({
  granularity: Type.Optional(Type.Union(units, { default: 'hour' })),
  from: Type.Optional(
    Type.String({
      description: 'A date or a time of ISO 8601. By default 24 hours or 30 days before `to`.',
    }),
  ),
  to: Type.Optional(Type.String({ description: 'By default now. Hours are kept for 90 days.' })),
})

export const Usage = Type.Object({
  name: Type.String(),
  ...use,
  granularity: Type.Union(units),
  from: Type.String({ format: 'date-time' }),
  to: Type.String({ format: 'date-time' }),
  totals: Type.Object({
    ...counts,
    apis: Type.Record(Type.String(), Type.Object(counts)),
  }),
  periods: Type.Array(
    Type.Object({
      at: Type.String({ format: 'date-time' }),
      api: Type.String({ examples: ['sql', 'maps', 'batch', 'auth'] }),
      ...counts,
    }),
    { description: 'Hours or days in which there was something, oldest first.' },
  ),
})
