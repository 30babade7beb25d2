import { Type } from '@sinclair/typebox'
import { errorsOf, V3Error } from '../v3/error-schemas.ts'

const errors = errorsOf(V3Error, 422)
const tags = ['Data API']
const orNull = <T extends Parameters<typeof Type.Union>[0][number]>(type: T) =>
  Type.Union([type, Type.Null()])
const oneOf = (...words: readonly string[]) => Type.Union(words.map((word) => Type.Literal(word)))

const Connection = { connection: Type.String({ description: 'Its name or id.' }) }
const Table = {
  ...Connection,
  table: Type.String({ description: 'schema.table, parts in double quotes where they hold dots.' }),
}
const Privacy = oneOf('PUBLIC', 'LINK', 'PRIVATE')

const Health = Type.Object({
  status: oneOf('ready', 'degraded', 'unreachable'),
  reason: orNull(Type.String({ description: 'Why it cannot be reached.' })),
  server_version: orNull(Type.String()),
  postgis_version: orNull(Type.String()),
  duration_ms: Type.Integer(),
  checked_at: Type.String({ format: 'date-time' }),
  findings: Type.Array(
    Type.Object({
      severity: oneOf('problem', 'warning'),
      subject: Type.String(),
      sentence: Type.String(),
      remedy: Type.Optional(Type.String({ description: 'The SQL that mends it.' })),
    }),
  ),
})

export const health = {
  tags,
  operationId: 'getConnectionHealth',
  summary: 'Ask the server of a connection how it does',
  params: Type.Object(Connection),
  response: { 200: Health, ...errors },
}

const summary = {
  id: Type.String({ description: 'schema.table, as it is written in addresses.' }),
  schema: Type.String(),
  name: Type.String(),
  kind: oneOf('table', 'partitioned table', 'foreign table', 'view', 'materialized view'),
  row_estimate: orNull(
    Type.Integer({ description: "By PostgreSQL's statistics; null before it has any." }),
  ),
  bytes: Type.Integer({ description: 'Indexes included.' }),
  geometry: orNull(
    Type.Object({ column: Type.String(), type: Type.String(), srid: Type.Integer() }),
  ),
  privacy: orNull(Privacy),
  comment: orNull(Type.String()),
}

export const tables = {
  tags,
  operationId: 'listConnectionTables',
  summary: 'List tables and views of a connection',
  params: Type.Object(Connection),
  querystring: Type.Object({
    search: Type.Optional(Type.String({ description: 'What schema.table has to hold.' })),
    schema: Type.Optional(Type.String()),
    page: Type.Optional(Type.Integer({ minimum: 1, default: 1 })),
    pageSize: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000, default: 200 })),
  }),
  response: {
    200: Type.Object({
      tables: Type.Array(Type.Object(summary)),
      total: Type.Integer(),
      schemas: Type.Array(Type.Object({ name: Type.String(), tables: Type.Integer() })),
      page: Type.Integer(),
      page_size: Type.Integer(),
    }),
    ...errors,
  },
}

export const table = {
  tags,
  operationId: 'getConnectionTable',
  summary: 'Describe a table or view',
  params: Type.Object(Table),
  response: {
    200: Type.Object({
      ...summary,
      columns: Type.Array(
        Type.Object({
          name: Type.String(),
          type: Type.String({ description: 'As the v3 API names types.' }),
          declared: Type.String(),
          nullable: Type.Boolean(),
          primary_key: Type.Boolean(),
          comment: orNull(Type.String()),
        }),
      ),
    }),
    ...errors,
  },
}

export const update = {
  tags,
  operationId: 'updateConnectionTable',
  summary: 'Open a table to the public, or close it',
  params: Type.Object(Table),
  body: Type.Object({ privacy: Privacy }),
  response: {
    200: Type.Object({
      privacy: Privacy,
      receipt: orNull(
        Type.String({ description: 'What was ended when it was closed, also in Postern-Receipt.' }),
      ),
    }),
    409: V3Error,
    ...errors,
  },
}

export const access = {
  tags,
  operationId: 'listTableAccess',
  summary: 'List the credentials that reach a table, and how',
  params: Type.Object(Table),
  response: {
    200: Type.Object({
      access: Type.Array(
        Type.Object({
          kind: oneOf('master', 'default', 'key', 'token'),
          name: orNull(Type.String()),
          id: orNull(Type.String({ description: 'Of an access token.' })),
          by: oneOf('everything', 'public', 'grant', 'owner', 'table', 'wildcard', 'all', 'query'),
          source: orNull(Type.String({ description: 'What an access token was granted.' })),
          verbs: Type.Array(Type.String()),
          apis: Type.Array(Type.String()),
          referers: Type.Array(Type.String()),
          expires_at: orNull(Type.String({ format: 'date-time' })),
        }),
      ),
      unlisted: Type.Integer({ description: 'Keys and tokens that there are beyond these.' }),
      tokens_of_others: orNull(
        Type.Integer({ description: 'How many tokens of other users read it; for owners.' }),
      ),
    }),
    ...errors,
  },
}

export const rows = {
  tags,
  operationId: 'previewRows',
  summary: 'Look at the first rows of a table',
  params: Type.Object(Table),
  querystring: Type.Object({
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 50 })),
  }),
  response: {
    200: Type.Object({
      columns: Type.Array(Type.Object({ name: Type.String(), type: Type.String() })),
      rows: Type.Array(Type.Array(orNull(Type.String())), {
        description: 'Values as text; a long one ends with an ellipsis.',
      }),
      has_more: Type.Boolean(),
      unshown_columns: Type.Integer(),
    }),
    ...errors,
  },
}

export const bounds = {
  tags,
  operationId: 'previewBounds',
  summary: 'Say where the rows of a table lie',
  params: Type.Object(Table),
  response: {
    200: Type.Object({
      bounds: orNull(
        Type.Array(Type.Number(), {
          minItems: 4,
          maxItems: 4,
          description: 'West, south, east, north in degrees; null when nowhere.',
        }),
      ),
    }),
    ...errors,
  },
}

export const tile = {
  tags,
  operationId: 'getPreviewTile',
  summary: 'Look at one vector tile of a table',
  params: Type.Object({
    ...Table,
    z: Type.Integer({ minimum: 0, maximum: 30 }),
    x: Type.Integer({ minimum: 0 }),
    y: Type.Integer({ minimum: 0 }),
  }),
  response: {
    200: {
      description: 'A Mapbox Vector Tile with one layer, `default`.',
      content: { 'application/vnd.mapbox-vector-tile': { schema: Type.Unknown() } },
    },
    204: { description: 'Nothing lies in this tile.', type: 'null' },
    304: { description: 'The tile is what its ETag says it was.', type: 'null' },
    ...errors,
  },
}
