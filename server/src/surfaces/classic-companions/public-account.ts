import { findGrantsOf } from '../../commands/describe-account.ts'
import { getAccountOf, listDatasets } from '../../commands/list-datasets.ts'
import { AccessError } from '../../errors.ts'
import { findCredentialParameter, getPrincipal } from '../admit.ts'
import type { Surface } from '../surface.ts'
import { accountOf, mayHave, send } from './admit-companion.ts'
import { readPositive, wrong } from './read-dataset-query.ts'
import * as schema from './schema.ts'

const datasetsPath = '/api/v4/datasets'

/** What the classic platform tells applications that hold some key of an account. */
export const publicAccount: Surface = (server, context) => {
  const { commands } = context

  server.get('/api/v4/me', { schema: schema.getMeV4 }, async (request, reply) => {
    const principal = mayHave(request, { surface: 'companions', operation: 'identify' })
    const account = await getAccountOf(commands, principal)
    const grants = await findGrantsOf(commands, principal)
    if (grants === undefined) throw new AccessError('credential_revoked')
    const mayKnowNames = grants.userData.includes('profile')
    return send(reply, {
      username: account.name,
      organization_name: null,
      // An account's owner is called like the account, and has no other name.
      first_name: mayKnowNames ? account.name : null,
      last_name: mayKnowNames ? '' : null,
      avatar_url: null,
      organization_owner: mayKnowNames ? false : null,
    })
  })

  server.get(datasetsPath, { schema: schema.listDatasets }, async (request, reply) => {
    const grants = await findGrantsOf(commands, getPrincipal(request))
    const principal = mayHave(request, {
      surface: 'companions',
      operation: 'list',
      tableMetadata: grants?.tableMetadata ?? false,
    })
    const query = request.query as Record<string, unknown>
    const page = readPositive(query, 'page', 1)
    const perPage = readPositive(query, 'per_page', 20)
    const { order = 'name', order_direction: direction = 'asc' } = query
    if (order !== 'name') throw wrong('order', ['name'])
    if (direction !== 'asc' && direction !== 'desc') {
      throw wrong('order_direction', ['asc', 'desc'])
    }
    const sign = direction === 'asc' ? 1 : -1
    const datasets = (await listDatasets(commands, principal)).sort((one, other) =>
      one.name === other.name ? 0 : one.name < other.name ? -sign : sign,
    )
    const { baseUrl } = accountOf(principal, context)
    const credential = findCredentialParameter(request)
    const link = (number: number) => {
      const parameters = new URLSearchParams({ page: String(number) })
      for (const name of ['per_page', 'order', 'order_direction']) {
        const value = query[name]
        if (typeof value === 'string') parameters.set(name, value)
      }
      if (credential !== undefined) parameters.set(credential.name, credential.value)
      return { href: `${baseUrl}${datasetsPath}?${parameters}` }
    }
    const last = Math.ceil(datasets.length / perPage)
    const result = datasets.slice((page - 1) * perPage, page * perPage)
    return send(reply, {
      total: datasets.length,
      count: result.length,
      result: result.map((dataset) => ({
        name: dataset.name,
        mode: dataset.isWritable ? 'rw' : 'r',
        privacy: dataset.privacy.toLowerCase(),
        cartodbfied: dataset.isPrepared,
        updated_at: dataset.updatedAt.toISOString(),
        table_schema: dataset.schema,
        shared: false,
      })),
      _links: {
        first: link(1),
        ...(page > 1 && { prev: link(page - 1) }),
        ...(page < last && { next: link(page + 1) }),
        last: link(last),
      },
    })
  })
}
