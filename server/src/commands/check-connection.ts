import type { Admin } from '../roles/admin.ts'
import { checkServer, findSystemIdentifier, type ServerCheck } from '../roles/check-server.ts'
import type { Finding } from '../roles/finding.ts'
import { isDatabaseOf } from '../roles/role-name.ts'
import { tryLogIn } from '../roles/try-log-in.ts'
import type { RegisteredServer } from '../store/connections.ts'
import type { CommandContext } from './context.ts'
import { invalid } from './parse-connection.ts'

/**
 * Logs in to a server as it is to be registered, and looks whether it has all it takes.
 * Throws server_unreachable, server_refused, and invalid_connection for a database that is Postern's
 * own.
 */
export async function checkConnection(
  context: CommandContext,
  server: RegisteredServer,
  password: string,
): Promise<ServerCheck> {
  const { admin, place } = await context.servers.open(server, password)
  try {
    await mustBeForeign(context, admin, server)
    const check = await checkServer(admin, server.database)
    if (check.findings.some(isProblem)) return check
    return { ...check, findings: [...(await tryLogIn(admin, place, server)), ...check.findings] }
  } finally {
    await admin.close()
  }
}

export function isProblem({ severity }: Finding): boolean {
  return severity === 'problem'
}

/**
 * Whatever its address is called: no account may come to the control database, the template or
 * another account's database by registering them, nor by Postern's own role.
 */
async function mustBeForeign(
  { admin: own, store }: CommandContext,
  admin: Admin,
  { database }: RegisteredServer,
): Promise<void> {
  const identifier = await findSystemIdentifier(admin)
  // Where it is not told, the check of the server says so and nothing is registered.
  if (identifier === null || identifier !== (await findSystemIdentifier(own))) return
  const { rows } = await store.query<{ control: string }>('select current_database() as control')
  const isOwn =
    rows[0]?.control === database ||
    database === own.templateDatabase ||
    isDatabaseOf(own.installationId, database) ||
    admin.role === own.role
  if (isOwn) throw invalid('This is the server that Postern runs on, and the database is its own.')
}
