import { LRUCache } from 'lru-cache'
import type { Principal } from '../../credential/principal.ts'
import { AccessError } from '../../errors.ts'
import {
  findGeometryColumn,
  findRelation,
  type GeometryColumn,
  type Relation,
  type RelationName,
} from '../../warehouse/describe-relation.ts'
import type { Session } from '../../warehouse/session.ts'

/** What a map is made of: a relation, the geometry to draw and the columns to carry along. */
export type Source = {
  readonly relation: Relation
  readonly geometry: GeometryColumn
  readonly properties: readonly string[]
}

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
  get(principal: Principal, request: SourceRequest, session: Session): Promise<Source>
  forget(principal: Principal, request: SourceRequest): void
}

const maxAgeMs = 10_000

export function createSources(): Sources {
  const relations = new LRUCache<string, Relation>({ max: 2_000, ttl: maxAgeMs })
  const keyOf = ({ database, role }: Principal, { schema, name }: RelationName) =>
    JSON.stringify([database, role, schema, name])

  return {
    async get(principal, request, session) {
      const key = keyOf(principal, request.name)
      let relation = relations.get(key)
      if (relation === undefined) {
        relation = isSystemSchema(request.name.schema)
          ? undefined
          : await findRelation(session, request.name)
        if (relation === undefined) {
          // Absent or not granted: only the owner is told which.
          throw new AccessError(
            principal.kind === 'master' ? 'table_not_found' : 'source_not_granted',
          )
        }
        relations.set(key, relation)
      }
      return sourceOf(relation, request)
    },
    forget(principal, request) {
      relations.delete(keyOf(principal, request.name))
    },
  }
}

function sourceOf(relation: Relation, request: SourceRequest): Source {
  const geometry = findGeometryColumn(relation, request.geometryColumn)
  if (geometry === undefined) {
    throw new AccessError('invalid_parameter', {
      message:
        request.geometryColumn === undefined
          ? 'The table has no geometry column'
          : 'Column not found: spatialDataColumn is not a geometry column of the table',
    })
  }
  const available = relation.columns
    .filter((column) => !['geometry', 'geography', 'raster'].includes(column.type))
    .map((column) => column.name)
  const unknown = request.columns?.find(
    (name) => !relation.columns.some((column) => column.name === name),
  )
  if (unknown !== undefined) {
    throw new AccessError('invalid_parameter', { message: `Column not found: ${unknown}` })
  }
  return {
    relation,
    geometry,
    properties: available.filter((name) => request.columns?.includes(name) ?? true),
  }
}

function isSystemSchema(schema: string): boolean {
  return schema.startsWith('pg_') || schema === 'information_schema'
}
