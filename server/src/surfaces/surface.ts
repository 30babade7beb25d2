import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { CommandContext } from '../commands/context.ts'
import type { RefreshTokenPatterns } from '../commands/refresh-token-patterns.ts'
import type { Authenticate } from '../credential/authenticate.ts'
import type { AccessError } from '../errors.ts'
import type { Exporter } from '../exports/exporter.ts'
import type { Observe } from '../observations.ts'
import type { Provider } from '../sign-on/provider.ts'
import type { TileCache } from '../tiles/tile-cache.ts'
import type { AffectedTables } from '../warehouse/affected-tables.ts'
import type { Warehouse } from '../warehouse/run-statement.ts'
import type { TypeCatalogues } from '../warehouse/type-catalogue.ts'

/** What surfaces are given to work with. */
export type SurfaceContext = {
  readonly commands: CommandContext
  readonly authenticate: Authenticate
  /** The OpenID provider that users can sign in with; undefined for none. */
  readonly provider: Provider | undefined
  readonly refreshTokenPatterns: RefreshTokenPatterns
  readonly warehouse: Warehouse
  /** For what users look at, with our own SQL alone, in sessions that are READ ONLY. */
  readonly previews: Warehouse
  /** For copies, which may go on for hours: their sessions are none of those that queries have. */
  readonly copies: Warehouse
  readonly types: TypeCatalogues
  readonly affectedTables: AffectedTables
  readonly tiles: TileCache
  readonly exporter: Exporter
  readonly observe: Observe
  /** What this serving process is called in answers; it tells nothing else. */
  readonly nodeName: string
  /** The address that clients reach this server at, without a trailing slash. */
  readonly publicUrl: () => string
  /** Whether the operator has said what that address is. */
  readonly isPublicUrlSet: boolean
  readonly limits: SurfaceLimits
}

export type SurfaceLimits = {
  readonly statementTimeoutMs: number
  readonly masterStatementTimeoutMs: number
  readonly copyTimeoutMs: number
  readonly maxUploadBytes: number
  readonly maxResultRows: number
  readonly maxResultBytes: number
  readonly maxTileFeatures: number
}

/** How a surface answers with an error: its own shape for the same facts. */
export type RenderedError = {
  readonly status: number
  /** Undefined: no body at all. */
  readonly body?: unknown
  /** The function that a script is to call with the body; undefined: the body is sent as JSON. */
  readonly callback?: string | undefined
  readonly headers?: Readonly<Record<string, string>>
}

export type RenderError = (error: AccessError, request: FastifyRequest) => RenderedError

/** One API with its own wire shapes. */
export type Surface = (server: FastifyInstance, context: SurfaceContext) => void
