import { Type } from '@sinclair/typebox'

const tags = ['Datasets and users']

const Privacy = Type.Union(['PUBLIC', 'LINK', 'PRIVATE'].map((one) => Type.Literal(one)))
const Text = Type.Union([Type.String(), Type.Null()])

const Changeable = {
  name: Type.String(),
  privacy: Privacy,
  description: Text,
  title: Text,
  tags: Type.Array(Type.String()),
  license: Text,
  attributions: Text,
  locked: Type.Boolean(),
}

const Visualization = Type.Object({
  id: Type.String({ format: 'uuid', description: 'Stays when the dataset is renamed.' }),
  ...Changeable,
  type: Type.Literal('table'),
  created_at: Type.String({ format: 'date-time' }),
  updated_at: Type.String({ format: 'date-time' }),
  table: Type.Object({
    name: Type.String(),
    geometry_types: Type.Array(Type.String()),
    row_count: Type.Number({ description: 'By PostgreSQL’s statistics.' }),
    size: Type.Number({ description: 'Bytes, indexes included.' }),
  }),
  permission: Type.Unknown(),
  user: Type.Unknown(),
  dependent_visualizations: Type.Array(Type.Unknown()),
  dependent_visualizations_count: Type.Integer(),
})

const Table = Type.Object({
  id: Type.String({ format: 'uuid' }),
  name: Type.String(),
  privacy: Privacy,
  rows_counted: Type.Number(),
  table_size: Type.Number(),
  table_visualization: Visualization,
})

const User = Type.Object({
  id: Type.String({ format: 'uuid' }),
  username: Type.String(),
  quota_in_bytes: Type.Number(),
  db_size_in_bytes: Type.Number(),
  remaining_byte_quota: Type.Number(),
  table_count: Type.Integer(),
  all_visualization_count: Type.Integer(),
})

const ErrorBody = Type.Object({ errors: Type.String(), errors_cause: Type.Null() })
const Unauthorized = Type.Null({ description: 'Not authenticated, or not with the master key.' })
const Id = Type.Object({ id: Type.String({ description: 'An id, `table` or `schema.table`.' }) })

const page = {
  page: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
  per_page: Type.Optional(Type.Integer({ minimum: 1, default: 20 })),
  order_direction: Type.Optional(Type.Union([Type.Literal('asc'), Type.Literal('desc')])),
}

const search = Type.Object({
  ...page,
  order: Type.Optional(
    Type.String({
      default: 'updated_at',
      description: 'name, updated_at, created_at, size, estimated_row_count or privacy.',
    }),
  ),
  type: Type.Optional(Type.String({ description: 'Only `table` has any.' })),
  types: Type.Optional(Type.String()),
  q: Type.Optional(Type.String({ description: 'A part of the name or the description.' })),
  name: Type.Optional(Type.String()),
  privacy: Type.Optional(Type.String()),
  tags: Type.Optional(Type.String()),
  locked: Type.Optional(Type.Boolean()),
})

export const listVisualizations = {
  tags,
  operationId: 'listVisualizations',
  summary: 'List the datasets of the account',
  querystring: search,
  response: {
    200: Type.Object({
      visualizations: Type.Array(Visualization),
      total_entries: Type.Integer(),
      total_user_entries: Type.Integer(),
      total_likes: Type.Integer(),
      total_shared: Type.Integer(),
    }),
    400: ErrorBody,
    401: Unauthorized,
  },
}

export const getVisualization = {
  tags,
  operationId: 'getVisualization',
  summary: 'Show a dataset',
  params: Id,
  response: { 200: Visualization, 401: Unauthorized, 404: ErrorBody },
}

export const updateVisualization = {
  tags,
  operationId: 'updateVisualization',
  summary: 'Rename a dataset, describe it, open it to the public or close it',
  params: Id,
  body: Type.Partial(Type.Object(Changeable)),
  response: {
    200: Visualization,
    400: ErrorBody,
    401: Unauthorized,
    404: ErrorBody,
    409: ErrorBody,
    422: ErrorBody,
  },
}

export const deleteVisualization = {
  tags,
  operationId: 'deleteVisualization',
  summary: 'Drop the table or view of a dataset',
  params: Id,
  response: {
    204: Type.Null(),
    401: Unauthorized,
    404: ErrorBody,
    409: ErrorBody,
    422: ErrorBody,
  },
}

export const listTables = {
  tags,
  operationId: 'listTables',
  summary: 'List the tables of the account',
  querystring: search,
  response: {
    200: Type.Object({ total_entries: Type.Integer(), tables: Type.Array(Table) }),
    400: ErrorBody,
    401: Unauthorized,
  },
}

export const getTable = {
  tags,
  operationId: 'getTable',
  summary: 'Show a table',
  params: Id,
  response: { 200: Table, 401: Unauthorized, 404: ErrorBody },
}

export const getUser = {
  tags,
  operationId: 'getUser',
  summary: 'Show the account as a user',
  params: Type.Object({ name: Type.String() }),
  response: { 200: User, 401: Unauthorized, 404: ErrorBody },
}

export const getMeV3 = {
  tags,
  operationId: 'getMeV3',
  summary: 'Show who the credential belongs to, with its quota',
  response: {
    200: Type.Object({ user_data: User, config: Type.Unknown() }),
    401: Unauthorized,
  },
}

export const getMeV4 = {
  tags,
  operationId: 'getMeV4',
  summary: 'Show who the credential belongs to',
  response: {
    200: Type.Object({
      username: Type.String(),
      organization_name: Type.Null(),
      first_name: Text,
      last_name: Text,
      avatar_url: Text,
      organization_owner: Type.Union([Type.Boolean(), Type.Null()]),
    }),
    401: Unauthorized,
  },
}

export const listDatasets = {
  tags,
  operationId: 'listDatasets',
  summary: 'List tables and views by name, for keys that may know them',
  querystring: Type.Object({ ...page, order: Type.Optional(Type.Literal('name')) }),
  response: {
    200: Type.Object({
      total: Type.Integer(),
      count: Type.Integer(),
      result: Type.Array(
        Type.Object({
          name: Type.String(),
          mode: Type.Union([Type.Literal('r'), Type.Literal('rw')]),
          privacy: Type.String(),
          cartodbfied: Type.Boolean(),
          updated_at: Type.String({ format: 'date-time' }),
          table_schema: Type.String(),
          shared: Type.Boolean(),
        }),
      ),
      _links: Type.Record(Type.String(), Type.Object({ href: Type.String() })),
    }),
    400: ErrorBody,
    401: Unauthorized,
    403: ErrorBody,
  },
}
