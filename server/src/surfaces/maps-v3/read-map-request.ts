import type { FastifyRequest } from 'fastify'
import { LRUCache } from 'lru-cache'
import { AccessError } from '../../errors.ts'
import { mayUseApi, type QuerySource, type TableSource } from '../../policy/decide-source.ts'
import { readQuery } from '../../policy/read-query.ts'
import {
  type Drawing,
  defaultTileResolution,
  type SpatialDataType,
} from '../../tiles/draw-source.ts'
import { getPrincipal } from '../admit.ts'
import { findJson, findText, type Parameters, readParameters } from '../v3/read-parameters.ts'
import { type PackedParameters, packedName, unpackParameters } from './pack-parameters.ts'
import { parseSourceName } from './parse-source-name.ts'

/** What a map can be made of. */
export type MapKind = 'table' | 'query' | 'tileset'

/** A map that was asked for, in any of the protocol's versions. */
export type MapRequest = Drawing & {
  readonly kind: MapKind
  readonly connection: string
  readonly source: TableSource | QuerySource
  readonly queryParameters: unknown
  /** The same as text: what the addresses in an answer carry on. */
  readonly parameters: PackedParameters
  /** Equal of requests that mean the same. */
  readonly key: string
}

const tileResolutions = [0.25, 0.5, 1, 2, 4]
/** From this protocol version on a column is named by `spatialDataColumn` alone. */
const versionWithoutGeoColumn = 3.3
const spatialDataTypes: readonly string[] = ['geo', 'h3', 'h3int', 'quadbin']

const names = [
  'name',
  'q',
  'queryParameters',
  'columns',
  'filters',
  'filtersLogicalOperator',
  'aggregationExp',
  'aggregationResLevel',
  'tileResolution',
  'spatialDataColumn',
  'spatialDataType',
  'featureBbox',
] as const
const namesOfOldVersions = ['geo_column', packedName, 'v'] as const

/**
 * Reads what a map is to be made of. `databases` are the names that may stand for the database in the
 * name of a table. Throws invalid_parameter, missing_sql, source_not_granted.
 */
export function readMapRequest(
  request: Pick<FastifyRequest, 'query' | 'body' | 'headers'>,
  kind: MapKind,
  connection: string,
  databases: readonly string[],
): MapRequest {
  const given = readParameters(request, [...names, ...namesOfOldVersions])
  const packed = findText(given, packedName)
  const parameters = packed === undefined ? given : { ...given, ...unpackParameters(packed) }
  const spatial = readSpatialData(parameters)
  const source = readSource(parameters, kind, databases)
  const texts = Object.fromEntries(
    names.flatMap((name) => {
      const value = parameters[name]
      if (value === undefined) return []
      return [[name, typeof value === 'object' ? JSON.stringify(value) : String(value)]]
    }),
  )
  const carried: PackedParameters = {
    ...texts,
    ...(spatial.column !== undefined && { spatialDataColumn: spatial.column }),
    ...(spatial.type !== 'geo' && { spatialDataType: spatial.type }),
  }
  return {
    kind,
    connection,
    source,
    queryParameters: findJson(parameters, 'queryParameters'),
    spatialDataType: spatial.type,
    spatialDataColumn: spatial.column,
    columns: findText(parameters, 'columns')?.split(','),
    filters: findJson(parameters, 'filters') ?? {},
    filtersLogicalOperator: findText(parameters, 'filtersLogicalOperator'),
    aggregationExp: findText(parameters, 'aggregationExp'),
    aggregationResLevel: readLevels(findScalar(parameters, 'aggregationResLevel')),
    tileResolution: readTileResolution(findScalar(parameters, 'tileResolution')),
    featureBbox: findScalar(parameters, 'featureBbox') === 'true',
    hasCallersSql: kind === 'query',
    parameters: carried,
    key: JSON.stringify([kind, connection, carried]),
  }
}

/** Addresses that were read lately: all tiles of a map have the same parameters. */
const remembered = new LRUCache<string, MapRequest>({
  maxSize: 8 * 1024 * 1024,
  // A packed address is a thousand times shorter than what it says.
  sizeCalculation: ({ key }, address) => 10 * (address.length + key.length) + 1_000,
})

/** The same of a request that was admitted. Throws api_not_allowed before it looks at what is asked. */
export function readMap(request: FastifyRequest, kind: MapKind): MapRequest {
  const principal = getPrincipal(request)
  if (!mayUseApi(principal, 'maps')) throw new AccessError('api_not_allowed')
  const { accountName } = principal
  const { connection = '' } = request.params as { connection?: string }
  const read = () => readMapRequest(request, kind, connection, [accountName, connection])
  // An address that holds a credential is kept nowhere.
  if (request.method !== 'GET' || request.credential?.place === 'query') return read()
  const { url } = request
  // No name and no address holds a line break.
  const address = [kind, connection, accountName, url.slice(url.indexOf('?') + 1)].join('\n')
  const known = remembered.get(address)
  if (known !== undefined) return known
  const map = read()
  remembered.set(address, map)
  return map
}

function readSource(
  parameters: Parameters,
  kind: MapKind,
  databases: readonly string[],
): TableSource | QuerySource {
  if (kind !== 'query') return { kind, relation: parseSourceName(parameters.name, databases) }
  const text = findText(parameters, 'q')
  if (text === undefined) throw new AccessError('missing_sql')
  return readQuery(text)
}

/** `geo_column` of older clients is `column`, `type:column`, or a type alone. */
function readSpatialData(parameters: Parameters): {
  type: SpatialDataType
  column: string | undefined
} {
  const geoColumn = findText(parameters, 'geo_column')
  if (geoColumn !== undefined) {
    const version = Number.parseFloat(findScalar(parameters, 'v') ?? '')
    if (version >= versionWithoutGeoColumn) {
      throw invalid(
        'geo_column',
        `name the column as spatialDataColumn from version ${versionWithoutGeoColumn} on`,
      )
    }
    const [first = '', ...rest] = geoColumn.split(':')
    const isTyped = spatialDataTypes.includes(first) && first !== 'geo'
    if (!isTyped) return { type: 'geo', column: geoColumn }
    return { type: first as SpatialDataType, column: rest.length > 0 ? rest.join(':') : first }
  }
  const type = findText(parameters, 'spatialDataType') ?? 'geo'
  if (!spatialDataTypes.includes(type)) {
    throw invalid('spatialDataType', `it is one of ${spatialDataTypes.join(', ')}`)
  }
  return { type: type as SpatialDataType, column: findText(parameters, 'spatialDataColumn') }
}

/** What is a text in an address and may be a number or a truth in JSON. */
function findScalar(parameters: Parameters, name: string): string | undefined {
  const value = parameters[name]
  return ['number', 'boolean'].includes(typeof value) ? `${value}` : findText(parameters, name)
}

function readLevels(value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (/^\d{1,2}$/.test(value)) return Number(value)
  throw invalid('aggregationResLevel', 'it is a whole number')
}

function readTileResolution(value: string | undefined): number {
  const resolution = value === undefined ? defaultTileResolution : Number(value)
  if (tileResolutions.includes(resolution)) return resolution
  throw invalid('tileResolution', `it is one of ${tileResolutions.join(', ')}`)
}

function invalid(name: string, why: string): AccessError {
  return new AccessError('invalid_parameter', {
    message: `The parameter "${name}" is not valid: ${why}.`,
  })
}
