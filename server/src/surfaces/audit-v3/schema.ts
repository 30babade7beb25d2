import { Type } from '@sinclair/typebox'
import { auditActorKinds } from '../../credential/audit-actor.ts'
import { auditActions } from '../../store/audit-actions.ts'
import { errorsOf, V3Error } from '../v3/error-schemas.ts'
import { defaultPageSize, maxExportedEvents, maxPageSize } from './bounds.ts'

const errors = errorsOf(V3Error)
const tags = ['Audit log']

const Text = Type.Union([Type.String(), Type.Null()])
const ActorKind = Type.Union(auditActorKinds.map((kind) => Type.Literal(kind)))
const Action = Type.Union(auditActions.map((action) => Type.Literal(action)))

const filter = {
  from: Type.Optional(
    Type.String({ description: 'A date or a time of ISO 8601: events from then on.' }),
  ),
  to: Type.Optional(Type.String({ description: 'Events before then.' })),
  action: Type.Optional(
    Type.String({
      description:
        'Actions, separated by commas: `api_key.create`, or `api_key` for all that is done to API keys.',
    }),
  ),
  actor_kind: Type.Optional(ActorKind),
  actor: Type.Optional(
    Type.String({
      description:
        'Part of the name, or the id, of whoever did it; or part of that of the user they did it for.',
    }),
  ),
  target: Type.Optional(
    Type.String({ description: 'Part of the name, or the id, of what it was done to.' }),
  ),
}

const AuditEvent = Type.Object({
  id: Type.String({ format: 'uuid' }),
  at: Type.String({ format: 'date-time' }),
  action: Action,
  actor: Type.Object({
    kind: ActorKind,
    id: Text,
    name: Text,
    acting_for: Type.Union([Type.String(), Type.Null()], {
      description: 'Of an OAuth client: the user in whose name it acted.',
    }),
    network: Type.Union([Type.String(), Type.Null()], {
      description:
        'Where the request came from: an IPv4 address, or the first 64 bits of an IPv6 address.',
    }),
  }),
  target: Type.Object({ id: Text, name: Text }),
  details: Type.Record(Type.String(), Type.Unknown(), {
    description: 'What was said with it. Never a secret.',
  }),
})

export const list = {
  tags,
  operationId: 'listAuditEvents',
  summary: 'List who has changed what in the account, the latest first',
  querystring: Type.Object({
    ...filter,
    limit: Type.Optional(
      Type.Integer({ minimum: 1, maximum: maxPageSize, default: defaultPageSize }),
    ),
    cursor: Type.Optional(Type.String({ description: 'The `next_cursor` of the page before.' })),
  }),
  response: {
    200: Type.Object({
      events: Type.Array(AuditEvent),
      next_cursor: Type.Union([Type.String(), Type.Null()], {
        description: 'For the next page; null when there is none.',
      }),
    }),
    ...errors,
  },
}

export const exportAll = {
  tags,
  operationId: 'exportAuditEvents',
  summary: 'Download events of the audit log as a file',
  description: `At most ${maxExportedEvents} events, the latest first. In CSV a text that a spreadsheet would take for a formula begins with an apostrophe.`,
  querystring: Type.Object({
    ...filter,
    format: Type.Optional(
      Type.Union([Type.Literal('csv'), Type.Literal('json')], { default: 'csv' }),
    ),
  }),
  response: {
    200: {
      description: 'The events.',
      content: {
        'text/csv': { schema: Type.String() },
        'application/json': { schema: Type.Array(AuditEvent) },
      },
    },
    ...errors,
  },
}
