import type { FastifyRequest } from 'fastify'
import { browseConnection } from '../../commands/browse-connection.ts'
import { createConnection } from '../../commands/create-connection.ts'
import { deleteConnection } from '../../commands/delete-connection.ts'
import { getConnection } from '../../commands/get-connection.ts'
import { listConnections } from '../../commands/list-connections.ts'
import { testConnection } from '../../commands/test-connection.ts'
import { updateConnection } from '../../commands/update-connection.ts'
import { AccessError } from '../../errors.ts'
import { getManager } from '../manage.ts'
import type { Surface } from '../surface.ts'
import { readPaging } from '../v3/read-paging.ts'
import { findText, readParameters } from '../v3/read-parameters.ts'
import { presentResource } from './present-resource.ts'
import * as schema from './schema.ts'

type One = { connection: string }

/** The v3 Connections API: PostGIS servers that the account's data is on, beside its own database. */
export const connectionsV3: Surface = (server, { commands }) => {
  const all = '/v3/connections'
  const one = `${all}/:connection`

  server.post(all, { schema: schema.create }, async (request, reply) => {
    const manager = getManager(request, 'write:connections')
    return reply.code(201).send(await createConnection(commands, manager, request.body))
  })

  server.get(all, { schema: schema.list }, (request) =>
    listConnections(commands, getManager(request, 'read:connections')),
  )

  server.post(`${all}/test`, { schema: schema.test }, (request) => {
    getManager(request, 'write:connections')
    return testConnection(commands, request.body)
  })

  server.get(one, { schema: schema.get }, (request) => {
    const { connection } = request.params as One
    return getConnection(commands, getManager(request, 'read:connections'), connection)
  })

  server.patch(one, { schema: schema.update }, (request) => {
    const { connection } = request.params as One
    const manager = getManager(request, 'write:connections')
    return updateConnection(commands, manager, connection, request.body)
  })

  server.delete(one, { schema: schema.remove }, async (request, reply) => {
    const { connection } = request.params as One
    const manager = getManager(request, 'write:connections')
    const target = findText(readParameters(request, ['targetConnectionId']), 'targetConnectionId')
    await deleteConnection(commands, manager, connection, target)
    return reply.code(204).send()
  })

  server.get(`${one}/resources`, { schema: schema.browse }, (request) => browse(request, ''))

  server.get(`${one}/resources/:resource`, { schema: schema.resource }, (request) =>
    browse(request, (request.params as { resource: string }).resource),
  )

  async function browse(request: FastifyRequest, path: string): Promise<unknown> {
    const manager = getManager(request, 'read:connections')
    const { connection } = request.params as One
    const { page, pageSize } = readPaging(request.query as Record<string, unknown>)
    const resource = await browseConnection(commands, manager, connection, {
      path,
      page: { limit: pageSize, offset: (page - 1) * pageSize },
    })
    return presentResource(resource, { page, pageSize })
  }

  server.get(`${all}/carto-dw/token`, { schema: schema.warehouseToken }, async (request) => {
    getManager(request, 'read:connections')
    throw new AccessError('not_offered', {
      message: 'There is no data warehouse beside PostgreSQL here, and so no token for one.',
    })
  })
}
