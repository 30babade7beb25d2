import { getGrantable, listGrantableTables } from '../../commands/list-grantable.ts'
import { getManager } from '../manage.ts'
import type { Surface } from '../surface.ts'
import { readPaging } from '../v3/read-paging.ts'
import { findText, readParameters } from '../v3/read-parameters.ts'
import * as schema from './schema.ts'

/** What a form that makes API keys has to choose from. */
export const grantableV3: Surface = (server, { commands }) => {
  server.get('/v3/grantable', { schema: schema.show }, (request) =>
    getGrantable(commands, getManager(request, 'write:api_keys')),
  )

  server.get('/v3/grantable/tables', { schema: schema.listTables }, async (request) => {
    const manager = getManager(request, 'write:api_keys')
    const parameters = readParameters(request, ['search', 'page', 'pageSize'])
    const { page, pageSize } = readPaging(parameters)
    const { total, tables } = await listGrantableTables(commands, manager, {
      search: findText(parameters, 'search') ?? '',
      limit: pageSize,
      offset: (page - 1) * pageSize,
    })
    return {
      tables: tables.map(({ schema: inSchema, name, kind, isPublic, verbs }) => ({
        schema: inSchema,
        name,
        type: kind,
        is_public: isPublic,
        permissions: verbs,
      })),
      total,
      page,
      pageSize,
    }
  })
}
