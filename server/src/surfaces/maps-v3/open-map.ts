import { hash } from 'node:crypto'
import { openSource, type Source } from '../../sources/open-source.ts'
import type { CellSource } from '../../tiles/cell-tile-sql.ts'
import { drawCells, drawFeatures } from '../../tiles/draw-source.ts'
import type { TileOrigin } from '../../tiles/tile-cache.ts'
import type { TileSource } from '../../tiles/tile-source.ts'
import { findRelation, type Relation } from '../../warehouse/describe-relation.ts'
import type { Open } from './create-opener.ts'

/** A source as the asking role sees it, ready to make tiles of. */
export type OpenedMap = {
  readonly source: Source
  /** Of a table or view. */
  readonly relation: Relation | undefined
  readonly drawn:
    | { readonly kind: 'features'; readonly tiles: TileSource }
    | { readonly kind: 'cells'; readonly tiles: CellSource }
  readonly origin: TileOrigin
  /** Equal of maps whose tiles are equal, whoever asks for them. */
  readonly tilesKey: string
}

/** Opens a table, view or query to make tiles of. */
export const openMap: Open<OpenedMap> = async (session, { accountId, access, request }) => {
  const source = await openSource(session, access, request.source, request.queryParameters)
  const relation =
    request.source.kind === 'query'
      ? undefined
      : await findRelation(session, { schema: 'public', ...request.source.relation })
  const drawn =
    request.spatialDataType === 'geo'
      ? ({
          kind: 'features',
          tiles: await drawFeatures(session, source, relation, request),
        } as const)
      : ({ kind: 'cells', tiles: drawCells(source, request) } as const)
  const isShared = relation?.isSameForAll === true
  const { estimates, ...shape } =
    drawn.kind === 'features' ? drawn.tiles : { ...drawn.tiles, estimates: undefined }
  const { server, database, role } = access.session
  return {
    source,
    relation,
    drawn,
    origin: {
      accountId,
      database,
      server,
      table: isShared ? { schema: relation.schema, name: relation.name } : undefined,
    },
    // What one role sees is another's only where nothing of it depends on who looks.
    tilesKey: hash(
      'sha1',
      JSON.stringify([isShared ? relation.oid : role, drawn.kind, shape]),
      'base64url',
    ),
  }
}
