import { describeAccount } from '../../commands/describe-account.ts'
import { AccessError } from '../../errors.ts'
import type { Surface } from '../surface.ts'
import { accountOf, mayHave, mayManage, send } from './admit-companion.ts'
import { presentUser } from './present-user.ts'
import * as schema from './schema.ts'

/** Who the account is and how much room it has. */
export const users: Surface = (server, context) => {
  const { commands } = context

  server.get<{ Params: { name: string } }>(
    '/api/v1/users/:name',
    { schema: schema.getUser },
    async (request, reply) => {
      const principal = mayManage(request)
      const { name } = request.params
      if (name !== principal.accountName && name !== principal.accountId) {
        throw new AccessError('route_not_found', { message: 'The user does not exist' })
      }
      const description = await describeAccount(commands, principal)
      return send(reply, presentUser(accountOf(principal, context), description))
    },
  )

  server.get('/api/v3/me', { schema: schema.getMeV3 }, async (request, reply) => {
    const principal = mayHave(request, { surface: 'companions', operation: 'identify' })
    const description = await describeAccount(commands, principal)
    return send(reply, {
      user_data: presentUser(accountOf(principal, context), description),
      organization_notifications: [],
      unfiltered_organization_notifications: [],
      dashboard_notifications: {},
      config: { user_name: principal.accountName, base_url: context.publicUrl() },
    })
  })
}
