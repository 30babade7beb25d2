import { deleteDataset, updateDataset } from '../../commands/change-datasets.ts'
import { getDataset, listDatasets } from '../../commands/list-datasets.ts'
import type { Surface } from '../surface.ts'
import { accountOf, mayManage, send } from './admit-companion.ts'
import { presentDataset } from './present-dataset.ts'
import { readDatasetChanges } from './read-dataset-changes.ts'
import { readDatasetQuery, selectPage } from './read-dataset-query.ts'
import * as schema from './schema.ts'

const collection = '/api/v1/viz'
type Named = { Params: { id: string } }

/** Datasets as the classic platform lists them: visualizations of the type `table`. */
export const visualizations: Surface = (server, context) => {
  const { commands } = context

  server.get(collection, { schema: schema.listVisualizations }, async (request, reply) => {
    const principal = mayManage(request)
    const query = readDatasetQuery(request.query as Record<string, unknown>)
    const { total, page } = selectPage(await listDatasets(commands, principal), query)
    const account = accountOf(principal, context)
    return send(reply, {
      visualizations: page.map((dataset) => presentDataset(account, dataset)),
      total_entries: total,
      total_user_entries: total,
      total_likes: 0,
      total_shared: 0,
    })
  })

  server.get<Named>(
    `${collection}/:id`,
    { schema: schema.getVisualization },
    async (request, reply) => {
      const principal = mayManage(request)
      const dataset = await getDataset(commands, principal, request.params.id)
      return send(reply, presentDataset(accountOf(principal, context), dataset))
    },
  )

  server.put<Named>(
    `${collection}/:id`,
    { schema: schema.updateVisualization },
    async (request, reply) => {
      const principal = mayManage(request)
      const changes = readDatasetChanges(request.body)
      const dataset = await updateDataset(commands, principal, request.params.id, changes)
      return send(reply, presentDataset(accountOf(principal, context), dataset))
    },
  )

  server.delete<Named>(
    `${collection}/:id`,
    { schema: schema.deleteVisualization },
    async (request, reply) => {
      await deleteDataset(commands, mayManage(request), request.params.id)
      return reply.code(204).send()
    },
  )
}
