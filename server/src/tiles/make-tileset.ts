import { AccessError } from '../errors.ts'
import { readQuery } from '../policy/read-query.ts'
import { openSource } from '../sources/open-source.ts'
import type { StopSignal } from '../stop-signal.ts'
import { findRelation, type RelationName } from '../warehouse/describe-relation.ts'
import type { RunOptions, Warehouse } from '../warehouse/run-statement.ts'
import type { Lane, SessionKey } from '../warehouse/sessions.ts'
import { buildTileset, type TilesetProgress, type TilesetZooms } from './build-tileset.ts'
import { defaultTileResolution, drawFeatures } from './draw-source.ts'
import { findBounds } from './measure-source.ts'
import type { TileSource } from './tile-source.ts'
import { createStaging } from './tileset-staging.ts'
import { findTilesetFacts, type TilesetFacts } from './tileset-table.ts'

/** What a tileset is made of, and how. */
export type TilesetDefinition = TilesetZooms & {
  /** The table to make. */
  readonly target: RelationName
  readonly source:
    | { readonly kind: 'table'; readonly table: RelationName }
    | { readonly kind: 'query'; readonly text: string }
  /** Undefined: every column. */
  readonly columns?: readonly string[]
  /** Undefined: the usual one. */
  readonly geometryColumn?: string
}

type MakeOptions = {
  readonly warehouse: Warehouse
  /** The role that reads the source and will own the tileset. */
  readonly key: SessionKey
  readonly definition: TilesetDefinition
  readonly deadlineMs: number
  readonly signal: StopSignal
}

/**
 * Looks whether a tileset can be made, and does nothing: reads what the source is, and what stands in
 * the place of the tileset. Throws invalid_parameter, source_not_granted and what PostgreSQL refuses.
 */
export async function checkTileset(options: MakeOptions): Promise<void> {
  await open(options)
}

/**
 * Makes a tileset, or goes on with one that was begun with the same definition; when it is whole it
 * takes the place of the one before, whose grants it keeps. Until then clients get the old tiles.
 * Throws as checkTileset does.
 */
export async function makeTileset(
  options: MakeOptions & { readonly told: (progress: TilesetProgress) => Promise<void> },
): Promise<void> {
  const { warehouse, definition, told } = options
  const { source, facts, replaces } = await open(options)
  const staging = createStaging(definition.target)
  await warehouse.run(runOptions(options, 'own'), (session) =>
    staging.prepare(session, JSON.stringify(definition)),
  )
  await buildTileset({ ...options, source, zooms: definition, staging, told })
  await warehouse.runScript(
    runOptions(options, 'caller'),
    staging.publish(facts, replaces),
    () => ({}),
  )
}

async function open(options: MakeOptions): Promise<{
  readonly source: TileSource
  readonly facts: TilesetFacts
  readonly replaces: boolean
}> {
  const { warehouse, key, definition } = options
  const { source: from, target } = definition
  const isQuery = from.kind === 'query'
  const request = isQuery
    ? readQuery(from.text)
    : ({ kind: 'table', relation: from.table } as const)
  const access = { session: key, readOnly: true, ...(isQuery && { statement: from.text }) }
  const { source, facts } = await warehouse.run(
    runOptions(options, isQuery ? 'reader' : 'own'),
    async (session) => {
      const opened = await openSource(session, access, request, undefined)
      const table = isQuery ? undefined : await findRelation(session, from.table)
      const drawn = await drawFeatures(session, opened, table, {
        spatialDataType: 'geo',
        spatialDataColumn: definition.geometryColumn,
        columns: definition.columns,
        filters: {},
        filtersLogicalOperator: undefined,
        aggregationExp: undefined,
        aggregationResLevel: undefined,
        tileResolution: defaultTileResolution,
        featureBbox: false,
        hasCallersSql: isQuery,
      })
      const types = new Map(opened.columns.map(({ name, type }) => [name, type]))
      return {
        // Tiles are thinned one by one, by what is really in them.
        source: { ...drawn, sampling: 'hash' as const },
        facts: {
          minzoom: definition.minZoom,
          maxzoom: definition.maxZoom,
          bounds: (await findBounds(session, drawn, drawn.geometry, table)) ?? null,
          fields: Object.fromEntries(
            drawn.properties.map(({ name }) => [name, types.get(name) ?? 'unknown']),
          ),
        },
      }
    },
  )
  const replaces = await warehouse.run(runOptions(options, 'own'), async (session) => {
    const there = await findRelation(session, target)
    if (there === undefined) return false
    const columns = there.columns.map(({ name }) => name)
    const isTileset = ['z', 'x', 'y', 'data'].every((name) => columns.includes(name))
    if (isTileset && (await findTilesetFacts(session, target)) !== undefined) return true
    throw new AccessError('invalid_parameter', {
      message: `"${target.schema}"."${target.name}" is there already, and is no tileset.`,
    })
  })
  return { source, facts, replaces }
}

function runOptions({ key, deadlineMs, signal }: MakeOptions, lane: Lane): RunOptions {
  return { key, lane, deadlineMs, signal }
}
