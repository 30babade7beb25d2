import type { FastifyReply, FastifyRequest } from 'fastify'
import { AccessError } from '../../errors.ts'
import { answerModel } from '../../models/answer-model.ts'
import { answerStats } from '../../models/answer-stats.ts'
import { isModelName } from '../../models/models.ts'
import type { QuerySource, TableSource } from '../../policy/decide-source.ts'
import { readQuery } from '../../policy/read-query.ts'
import { invalidParameter } from '../../sources/invalid-parameter.ts'
import { isObject } from '../../sources/is-object.ts'
import { getPrincipal } from '../admit.ts'
import { parseSourceName } from '../maps-v3/parse-source-name.ts'
import type { Surface, SurfaceContext } from '../surface.ts'
import { findJson, findText, type Parameters, readParameters } from '../v3/read-parameters.ts'
import { readSource } from '../v3/read-source.ts'
import { readSelection, selectionParameters } from './read-selection.ts'
import * as schema from './schema.ts'

/** Answers are held until they are whole. */
const maxHeldBytes = 64 * 1024 * 1024

/** The models of the v3 SQL API, which widgets ask, and the statistics of columns. */
export const modelsV3: Surface = (server, context) => {
  const model = '/v3/sql/:connection/model/:model'
  const ask = (request: FastifyRequest, reply: FastifyReply) => askModel(context, request, reply)
  server.get(model, { schema: schema.askModel }, ask)
  server.post(model, { schema: schema.askModelByPost }, ask)

  const ofQuery = '/v3/stats/:connection/:column'
  const ofTable = '/v3/stats/:connection/:table/:column'
  const describe = (request: FastifyRequest, reply: FastifyReply) =>
    describeColumn(context, request, reply)
  server.get(ofQuery, { schema: schema.getQueryStats }, describe)
  server.post(ofQuery, { schema: schema.postQueryStats }, describe)
  server.get(ofTable, { schema: schema.getTableStats }, describe)
  server.post(ofTable, { schema: schema.postTableStats }, describe)
}

async function askModel(
  context: SurfaceContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { model } = request.params as { model: string }
  if (!isModelName(model)) {
    throw new AccessError('route_not_found', { message: `There is no model "${model}".` })
  }
  const parameters = readParameters(request, [
    'type',
    'source',
    'params',
    'queryParameters',
    ...selectionParameters,
  ])
  const params = findJson(parameters, 'params') ?? {}
  if (!isObject(params)) throw invalidParameter('params', 'it must be an object')
  const question = { model, params, ...readSelection(parameters) }
  const answer = await readSource(
    context,
    request,
    {
      api: 'sql',
      source: readModelSource(request, parameters),
      queryParameters: findJson(parameters, 'queryParameters'),
    },
    (session, { source, types }) =>
      answerModel(session, source, question, { types, maxBytes: maxBytesOf(context) }),
  )
  return send(reply, answer)
}

function readModelSource(
  request: FastifyRequest,
  parameters: Parameters,
): TableSource | QuerySource {
  const text = findText(parameters, 'source')
  if (text === undefined) throw invalidParameter('source', 'it is missing')
  switch (findText(parameters, 'type')?.toLowerCase()) {
    case 'table':
      return tableSource(request, text, 'source')
    case 'query':
      return readQuery(text)
    case 'tileset':
      throw invalidParameter('type', 'there are no models of tilesets')
    default:
      throw invalidParameter('type', 'it must be "table" or "query"')
  }
}

async function describeColumn(
  context: SurfaceContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { table, column } = request.params as { table?: string; column: string }
  const parameters = readParameters(request, ['q', 'queryParameters', ...selectionParameters])
  const question = { column, ...readSelection(parameters) }
  const answer = await readSource(
    context,
    request,
    {
      api: 'stats',
      source:
        table === undefined
          ? readQuery(findText(parameters, 'q') ?? '')
          : tableSource(request, table, 'table'),
      queryParameters: findJson(parameters, 'queryParameters'),
    },
    (session, { source, types }) =>
      answerStats(session, source, question, { types, maxBytes: maxBytesOf(context) }),
  )
  return send(reply, answer)
}

function maxBytesOf({ limits }: SurfaceContext): number {
  return Math.min(limits.maxResultBytes, maxHeldBytes)
}

function tableSource(request: FastifyRequest, name: string, parameter: string): TableSource {
  const { connection } = request.params as { connection: string }
  const { accountName } = getPrincipal(request)
  return { kind: 'table', relation: parseSourceName(name, [accountName, connection], parameter) }
}

/** What a credential opens must not be served by anybody's cache once the credential has ended. */
function send(reply: FastifyReply, json: string): FastifyReply {
  return reply
    .headers({ 'cache-control': 'private, no-cache', vary: 'Authorization' })
    .type('application/json; charset=utf-8')
    .send(json)
}
