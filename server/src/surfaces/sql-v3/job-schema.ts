import { Type } from '@sinclair/typebox'

const Failure = Type.Object({ error: Type.String(), status: Type.Integer() })
const errors = { 400: Failure, 401: Failure, 403: Failure, 404: Failure, 503: Failure }
const tags = ['SQL API']

const instant = { format: 'date-time' }
const orNull = (type: ReturnType<typeof Type.String>) => Type.Union([type, Type.Null()])

const Job = Type.Object({
  jobId: Type.String({ format: 'uuid' }),
  status: Type.Unsafe<string>({
    type: 'string',
    enum: ['pending', 'running', 'success', 'failure', 'cancelled'],
  }),
  connection: Type.String(),
  query: Type.String(),
  queryParameters: Type.Unknown(),
  createdAt: Type.String(instant),
  updatedAt: Type.String(instant),
  startedAt: orNull(Type.String(instant)),
  endedAt: orNull(Type.String(instant)),
  error: orNull(Type.String({ description: 'Why it failed.' })),
})

const Connection = { connection: Type.String() }
const item = { params: Type.Object({ ...Connection, jobId: Type.String() }) }

export const create = {
  tags,
  operationId: 'createSqlJobV3',
  summary: 'Run a statement later; its rows go nowhere',
  params: Type.Object(Connection),
  body: Type.Object({
    query: Type.String({ description: 'SQL; `q` is the same.' }),
    queryParameters: Type.Optional(
      Type.Union([Type.Array(Type.Unknown()), Type.Record(Type.String(), Type.Unknown())]),
    ),
  }),
  response: { 201: Job, ...errors, 429: Failure },
}

export const show = {
  tags,
  operationId: 'getSqlJobV3',
  summary: 'What has become of a job',
  ...item,
  response: { 200: Job, ...errors },
}

export const cancel = {
  tags,
  operationId: 'cancelSqlJobV3',
  summary: 'Stop a job, or keep it from running',
  ...item,
  response: { 200: Job, ...errors, 409: Failure },
}

export const list = {
  tags,
  operationId: 'listSqlJobsV3',
  summary: 'The 100 newest jobs of the credential; what ended more than 2 hours ago is gone',
  response: { 200: Type.Object({ jobs: Type.Array(Job) }), ...errors },
}
