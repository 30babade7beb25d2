import { getDataset, listDatasets } from '../../commands/list-datasets.ts'
import type { Surface } from '../surface.ts'
import { accountOf, mayManage, send } from './admit-companion.ts'
import { presentTable } from './present-dataset.ts'
import { readDatasetQuery, selectPage } from './read-dataset-query.ts'
import * as schema from './schema.ts'

const collection = '/api/v1/tables'

/** The same datasets as tables, for clients that ask for those. */
export const tables: Surface = (server, context) => {
  const { commands } = context

  server.get(collection, { schema: schema.listTables }, async (request, reply) => {
    const principal = mayManage(request)
    const query = readDatasetQuery(request.query as Record<string, unknown>)
    const { total, page } = selectPage(await listDatasets(commands, principal), query)
    const account = accountOf(principal, context)
    return send(reply, {
      total_entries: total,
      tables: page.map((dataset) => presentTable(account, dataset)),
    })
  })

  server.get<{ Params: { id: string } }>(
    `${collection}/:id`,
    { schema: schema.getTable },
    async (request, reply) => {
      const principal = mayManage(request)
      const dataset = await getDataset(commands, principal, request.params.id)
      return send(reply, presentTable(accountOf(principal, context), dataset))
    },
  )
}
