import { LRUCache } from 'lru-cache'
import type { Principal } from '../../credential/principal.ts'
import { AccessError } from '../../errors.ts'
import {
  findGeometryColumnName,
  findRelation,
  getGeometryColumn,
  type Relation,
  type RelationName,
} from '../../warehouse/describe-relation.ts'
import { createEstimates, type TileSource } from '../../warehouse/make-tile.ts'
import type { Session } from '../../warehouse/session.ts'

export type SourceRequest = {
  readonly name: RelationName
  readonly geometryColumn: string | undefined
  /** Undefined: every column. */
  readonly columns: readonly string[] | undefined
}

/**
 * Descriptions of sources, per role: what a source looks like depends on who looks. They are hints
 * for writing SQL, never permission: the tile is made by the role, and PostgreSQL decides.
 */
export type Sources = {
  get(principal: Principal, request: SourceRequest, session: Session): Promise<TileSource>
  forget(principal: Principal, request: SourceRequest): void
}

const maxAgeMs = 10_000

type KnownGeometry = Pick<TileSource, 'geometry' | 'estimates'>

type Known = { readonly relation: Relation; readonly geometries: Map<string, KnownGeometry> }

export function createSources(): Sources {
  const known = new LRUCache<string, Known>({ max: 2_000, ttl: maxAgeMs })
  const keyOf = ({ database, role }: Principal, { schema, name }: RelationName) =>
    // No name in PostgreSQL holds a NUL.
    `${database}\0${role}\0${schema}\0${name}`

  return {
    async get(principal, request, session) {
      const key = keyOf(principal, request.name)
      let entry = known.get(key)
      if (entry === undefined) {
        const relation = await findRelation(session, request.name)
        if (relation === undefined) {
          // Absent or not granted: only the owner is told which.
          throw new AccessError(
            principal.kind === 'master' ? 'table_not_found' : 'source_not_granted',
          )
        }
        entry = { relation, geometries: new Map() }
        known.set(key, entry)
      }
      const { relation, geometries } = entry
      const properties = propertiesOf(relation, request.columns)
      const name = geometryNameOf(relation, request.geometryColumn)
      let geometry = geometries.get(name)
      if (geometry === undefined) {
        geometry = {
          geometry: await getGeometryColumn(session, relation, name),
          estimates: createEstimates(),
        }
        geometries.set(name, geometry)
      }
      return { relation, properties, ...geometry }
    },
    forget(principal, request) {
      known.delete(keyOf(principal, request.name))
    },
  }
}

function geometryNameOf(relation: Relation, wanted: string | undefined): string {
  const name = findGeometryColumnName(relation, wanted)
  if (name !== undefined) return name
  const hasAny = findGeometryColumnName(relation, undefined) !== undefined
  throw new AccessError('invalid_parameter', {
    message: hasAny
      ? 'Column not found: spatialDataColumn is not a geometry column of the table'
      : 'The table has no geometry column',
  })
}

function propertiesOf(relation: Relation, wanted: readonly string[] | undefined): string[] {
  const unknown = wanted?.find((name) => !relation.columns.some((column) => column.name === name))
  if (unknown !== undefined) {
    throw new AccessError('invalid_parameter', { message: `Column not found: ${unknown}` })
  }
  return relation.columns
    .filter((column) => !['geometry', 'geography', 'raster'].includes(column.type))
    .map((column) => column.name)
    .filter((name) => wanted?.includes(name) ?? true)
}
