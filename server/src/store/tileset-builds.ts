import type { Queryable } from './database.ts'

export type TilesetBuildState = 'pending' | 'running' | 'done' | 'failed'

/** A tileset that is to be built in the background, and how far that is. */
export type TilesetBuild = {
  readonly id: string
  readonly accountId: string
  readonly schema: string
  readonly name: string
  readonly definition: unknown
  readonly state: TilesetBuildState
  readonly zoom: number | null
  readonly tiles: number
  /** Of the zoom that is being made, from 0 to 1. */
  readonly share: number
  /** Why it failed. */
  readonly error: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

const columns = `id, account_id as "accountId", schema_name as schema, table_name as name, definition,
  state, zoom, tiles::float8 as tiles, share, error, created_at as "createdAt", updated_at as "updatedAt"`

/** False when the same tileset waits to be built already, or is being built. */
export async function insertTilesetBuild(
  store: Queryable,
  build: Pick<TilesetBuild, 'id' | 'accountId' | 'schema' | 'name' | 'definition' | 'createdAt'>,
): Promise<boolean> {
  const { rowCount } = await store.query(
    `insert into tileset_build (id, account_id, schema_name, table_name, definition, state, created_at, updated_at)
     values ($1, $2, $3, $4, $5, 'pending', $6, $6)
     on conflict (account_id, schema_name, table_name) where state in ('pending', 'running') do nothing`,
    [
      build.id,
      build.accountId,
      build.schema,
      build.name,
      JSON.stringify(build.definition),
      build.createdAt,
    ],
  )
  return rowCount === 1
}

/** Takes the oldest build that waits, or whose node is gone. */
export async function claimTilesetBuild(
  store: Queryable,
  nodeId: string,
  now: Date,
): Promise<TilesetBuild | undefined> {
  const { rows } = await store.query<TilesetBuild>(
    `update tileset_build set state = 'running', node_id = $1, updated_at = $2
     where id = (
       select b.id from tileset_build as b
       where b.state = 'pending'
          or b.state = 'running' and not exists (
            select from node where node.id = b.node_id and node.lease_until > clock_timestamp())
       order by b.created_at
       limit 1
       for update skip locked
     )
     returning ${columns}`,
    [nodeId, now],
  )
  return rows[0]
}

/** Writes down how far a build is; false when it is not this node's any more. */
export async function updateTilesetProgress(
  store: Queryable,
  build: { readonly id: string; readonly nodeId: string },
  progress: { readonly zoom: number; readonly tiles: number; readonly share: number },
  now: Date,
): Promise<boolean> {
  const { rowCount } = await store.query(
    `update tileset_build set zoom = $3, tiles = $4, share = $5, updated_at = $6
     where id = $1 and node_id = $2`,
    [build.id, build.nodeId, progress.zoom, progress.tiles, progress.share, now],
  )
  return rowCount === 1
}

/** Ends a build of this node, or gives it back to wait for another. */
export async function finishTilesetBuild(
  store: Queryable,
  build: { readonly id: string; readonly nodeId: string },
  end: { readonly state: 'done' | 'failed' | 'pending'; readonly error: string | null },
  now: Date,
): Promise<void> {
  await store.query(
    `update tileset_build set state = $3, error = $4, node_id = null, updated_at = $5
     where id = $1 and node_id = $2`,
    [build.id, build.nodeId, end.state, end.error, now],
  )
}

/** The builds of an account, the newest first. */
export async function listTilesetBuilds(
  store: Queryable,
  accountId: string,
  limit: number,
): Promise<TilesetBuild[]> {
  const { rows } = await store.query<TilesetBuild>(
    `select ${columns} from tileset_build where account_id = $1 order by created_at desc limit $2`,
    [accountId, limit],
  )
  return rows
}
