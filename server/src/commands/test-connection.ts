import type { Finding } from '../roles/finding.ts'
import { checkConnection, isProblem } from './check-connection.ts'
import type { CommandContext } from './context.ts'
import { completeServer, invalid, parseConnection } from './parse-connection.ts'

/**
 * Says what a server lacks to be registered, and what its owner had better change, without
 * registering it. Throws invalid_connection, server_unreachable, server_refused.
 */
export async function testConnection(
  context: CommandContext,
  body: unknown,
): Promise<{ ready: boolean; checks: readonly Finding[] }> {
  const request = parseConnection(body)
  if (request.password === undefined) throw invalid('config.password is missing')
  const server = completeServer(request.server)
  const { findings } = await checkConnection(context, server, request.password)
  return { ready: !findings.some(isProblem), checks: findings }
}
