import type { FastifyRequest } from 'fastify'
import { getConnectionHealth } from '../../commands/get-connection-health.ts'
import { listTableAccess } from '../../commands/list-table-access.ts'
import { listTablesOf } from '../../commands/list-tables.ts'
import { setTablePrivacy } from '../../commands/set-table-privacy.ts'
import { getTable } from '../../commands/table-place.ts'
import { AccessError } from '../../errors.ts'
import { previewBounds, previewTile } from '../../previews/preview-map.ts'
import { previewRows } from '../../previews/preview-rows.ts'
import { formatReceipt } from '../../revocation/format-receipt.ts'
import { storeTile } from '../../tiles/store-tile.ts'
import { getAdmission } from '../admit.ts'
import { getManager } from '../manage.ts'
import { parseTileAddress } from '../maps-v3/parse-tile-address.ts'
import { sendTile } from '../maps-v3/send-tile.ts'
import type { Surface } from '../surface.ts'
import { readPaging } from '../v3/read-paging.ts'
import { findText, readParameters } from '../v3/read-parameters.ts'
import { presentAccess, presentDescription, presentHealth, presentTable } from './present-table.ts'
import { createPreviewer } from './previewer.ts'
import * as schema from './schema.ts'

type Named = { connection: string; table: string }

const defaultRows = 50
const maxRows = 100
const privacies = ['PUBLIC', 'LINK', 'PRIVATE'] as const

/** What the account's data is, for users to look at: no data leaves here for applications. */
export const dataV3: Surface = (server, context) => {
  const { commands, limits } = context
  const preview = createPreviewer(context)
  const connection = '/v3/connections/:connection'
  const tables = `${connection}/tables`
  const one = `${tables}/:table`

  server.get(`${connection}/health`, { schema: schema.health }, async (request) => {
    const manager = getManager(request, 'read:connections')
    return presentHealth(await getConnectionHealth(commands, manager, namedIn(request).connection))
  })

  server.get(tables, { schema: schema.tables }, async (request) => {
    const manager = getManager(request, 'read:connections')
    const { page, pageSize } = readPaging(request.query as Record<string, unknown>)
    const parameters = readParameters(request, ['search', 'schema'])
    const found = await listTablesOf(commands, manager, namedIn(request).connection, {
      search: findText(parameters, 'search') ?? '',
      schema: findText(parameters, 'schema'),
      page: { limit: pageSize, offset: (page - 1) * pageSize },
    })
    return { ...found, tables: found.tables.map(presentTable), page, page_size: pageSize }
  })

  server.get(one, { schema: schema.table }, async (request) => {
    const manager = getManager(request, 'read:connections')
    const named = namedIn(request)
    const { table } = await getTable(commands, manager, named.connection, named.table)
    return presentDescription(table)
  })

  server.patch(one, { schema: schema.update }, async (request, reply) => {
    const manager = getManager(request, 'write:data')
    const privacy = readPrivacy(request)
    const receipt = await setTablePrivacy(commands, manager, { ...namedIn(request), privacy })
    if (receipt === undefined) return { privacy, receipt: null }
    const text = formatReceipt(receipt)
    return reply.header('postern-receipt', text).send({ privacy, receipt: text })
  })

  server.get(`${one}/access`, { schema: schema.access }, async (request) => {
    const manager = getManager(request, 'read:data')
    const named = namedIn(request)
    const list = await listTableAccess(commands, manager, named.connection, named.table)
    return {
      access: list.access.map(presentAccess),
      unlisted: list.unlisted,
      tokens_of_others: list.tokensOfOthers,
    }
  })

  server.get(`${one}/rows`, { schema: schema.rows }, async (request) => {
    const limit = readLimit(request)
    const found = await preview(request, namedIn(request), (session, table) =>
      previewRows(session, table, limit),
    )
    return {
      columns: found.columns,
      rows: found.rows,
      has_more: found.hasMore,
      unshown_columns: found.unshownColumns,
    }
  })

  server.get(`${one}/bounds`, { schema: schema.bounds }, async (request) => ({
    bounds: (await preview(request, namedIn(request), previewBounds)) ?? null,
  }))

  server.get(`${one}/tiles/:z/:x/:y`, { schema: schema.tile }, async (request, reply) => {
    const address = parseTileAddress(request.params as Record<string, string>)
    const bytes = await preview(request, namedIn(request), (session, table) =>
      previewTile(session, table, address, limits.maxTileFeatures),
    )
    const tile = await storeTile(bytes, false)
    const { principal } = getAdmission(request)
    return sendTile(request, reply, principal, tile, 'application/vnd.mapbox-vector-tile')
  })
}

function namedIn({ params }: FastifyRequest): Named {
  return params as Named
}

function readLimit(request: FastifyRequest): number {
  const text = findText(readParameters(request, ['limit']), 'limit')
  if (text === undefined) return defaultRows
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= maxRows) return limit
  throw new AccessError('invalid_parameter', {
    message: `The parameter "limit" must be a whole number from 1 to ${maxRows}.`,
  })
}

function readPrivacy({ body }: FastifyRequest): (typeof privacies)[number] {
  const { privacy } = (typeof body === 'object' && body !== null ? body : {}) as {
    privacy?: unknown
  }
  const found = privacies.find((word) => word === privacy)
  if (found !== undefined) return found
  throw new AccessError('invalid_parameter', {
    message: `"privacy" must be one of ${privacies.join(', ')}.`,
  })
}
