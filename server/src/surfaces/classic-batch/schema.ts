import { type TSchema, Type } from '@sinclair/typebox'

const Status = Type.Union(
  ['pending', 'running', 'done', 'failed', 'cancelled', 'skipped', 'unknown'].map((status) =>
    Type.Literal(status),
  ),
)

const Fallbacks = {
  onsuccess: Type.Optional(Type.String()),
  onerror: Type.Optional(
    Type.String({ description: 'May hold <%= job_id %> and <%= error_message %>.' }),
  ),
}

/** A text, a list, or queries with fallbacks; an answer adds what has become of each. */
const queries = (listed: TSchema, outcome: Record<string, TSchema>) =>
  Type.Union([
    Type.String({ description: 'SQL' }),
    Type.Array(listed),
    Type.Object({
      query: Type.Array(
        Type.Object({
          query: Type.String(),
          ...Fallbacks,
          timeout: Type.Optional(Type.Integer({ minimum: 1, description: 'Milliseconds.' })),
          ...outcome,
        }),
      ),
      ...Fallbacks,
    }),
  ])

const JobRequest = Type.Object({
  query: queries(Type.String(), {}),
  api_key: Type.Optional(Type.String()),
})

const outcome = {
  status: Status,
  fallback_status: Type.Optional(Status),
  started_at: Type.Optional(Type.String({ format: 'date-time' })),
  ended_at: Type.Optional(Type.String({ format: 'date-time' })),
  failed_reason: Type.Optional(Type.String()),
}

const Job = Type.Object({
  user: Type.String(),
  query: queries(Type.Object({ query: Type.String(), ...outcome }), outcome),
  job_id: Type.String({ format: 'uuid' }),
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.String({ format: 'date-time' }),
  status: Status,
  fallback_status: Type.Optional(Status),
  failed_reason: Type.Optional(Type.String()),
})

const JobError = Type.Object({ error: Type.Array(Type.String()) })

const errors = { 400: JobError, 401: JobError, 403: JobError, 404: JobError, 503: JobError }

const Version = { version: Type.String({ description: 'Any word; clients send v1 or v2.' }) }
const collection = { params: Type.Object(Version) }
const item = { params: Type.Object({ ...Version, id: Type.String() }) }

const operation = (operationId: string, summary: string) => ({
  tags: ['SQL API'],
  operationId,
  summary,
})

export const create = {
  ...operation('createBatchJob', 'Run SQL later, as the role of the credential'),
  ...collection,
  body: JobRequest,
  response: { 201: Job, ...errors },
}

export const list = {
  ...operation('listBatchJobs', 'The 100 newest jobs; what ended more than 2 hours ago is gone'),
  ...collection,
  response: { 200: Type.Object({ jobs: Type.Array(Job) }), ...errors },
}

export const show = {
  ...operation('getBatchJob', 'What has become of a job'),
  ...item,
  response: { 200: Job, ...errors },
}

export const update = {
  ...operation('updateBatchJob', 'Replace what a job is to run, as long as it waits'),
  ...item,
  body: JobRequest,
  response: { 200: Job, ...errors },
}

export const cancel = {
  ...operation('cancelBatchJob', 'Stop a job, or keep it from running'),
  ...item,
  response: { 200: Job, ...errors },
}
