import type { FastifyRequest } from 'fastify'
import { createNamedSource } from '../../commands/create-named-source.ts'
import { deleteNamedSource } from '../../commands/delete-named-source.ts'
import { getNamedSource, listNamedSources } from '../../commands/list-named-sources.ts'
import { updateNamedSource } from '../../commands/update-named-source.ts'
import { viewNamedSource } from '../../commands/view-named-source.ts'
import { getManager } from '../manage.ts'
import type { Surface } from '../surface.ts'
import { readPaging } from '../v3/read-paging.ts'
import { findText, readParameters } from '../v3/read-parameters.ts'
import * as schema from './schema.ts'

/** The v3 Named Sources API: queries by name, which belong to the account. */
export const namedSourcesV3: Surface = (server, { commands }) => {
  const all = '/v3/named-sources'
  const one = `${all}/:name`

  server.post(all, { schema: schema.create }, async (request, reply) => {
    const manager = getManager(request, 'write:named_sources')
    return reply.code(201).send(await createNamedSource(commands, manager, request.body))
  })

  server.get(all, { schema: schema.list }, async (request) => {
    const manager = getManager(request, 'read:named_sources')
    const { page, pageSize } = readPaging(request.query as Record<string, unknown>)
    const { total, sources } = await listNamedSources(commands, manager, {
      search: findText(readParameters(request, ['search']), 'search') ?? '',
      limit: pageSize,
      offset: (page - 1) * pageSize,
    })
    return { result: sources, total, page, pageSize }
  })

  server.get(one, { schema: schema.get }, async (request) => {
    const manager = getManager(request, 'read:named_sources')
    return viewNamedSource(await getNamedSource(commands, manager, nameOf(request)))
  })

  server.patch(one, { schema: schema.update }, (request) => {
    const manager = getManager(request, 'write:named_sources')
    return updateNamedSource(commands, manager, nameOf(request), request.body)
  })

  server.delete(one, { schema: schema.remove }, async (request, reply) => {
    const manager = getManager(request, 'write:named_sources')
    await deleteNamedSource(commands, manager, nameOf(request))
    return reply.code(204).send()
  })
}

function nameOf(request: FastifyRequest): string {
  return (request.params as { name: string }).name
}
