import { AccessError } from '../errors.ts'
import {
  type ConnectionSecret,
  findRegisteredConnection,
  type RegisteredConnection,
  type RegisteredServer,
} from '../store/connections.ts'
import { type Database, sqlstateOf, storeError } from '../store/database.ts'
import { quoteIdentifier } from '../store/quote-identifier.ts'
import type { KeyRing } from '../token/key-ring.ts'
import { type Admin, openAdmin } from './admin.ts'
import type { ConnectionNetworks } from './connection-networks.ts'
import { openConnectionPassword } from './connection-password.ts'
import { type LookUp, resolveServer, type ServerPlace, unreachable } from './server-address.ts'

/** The servers that accounts have registered, beside the installation's own. */
export type RegisteredServers = {
  /**
   * Postern's way into the server of a connection, or, for undefined, into its own. Ask for it where
   * it is used and do not keep it.
   * Throws connection_not_found, server_unreachable, server_refused.
   */
  adminOf(server: string | undefined): Promise<Admin>
  /** Where roles on the server log in. Throws connection_not_found, server_unreachable. */
  addressOf(server: string): Promise<ServerPlace & { readonly searchPath: string }>
  /**
   * A way into a server that is not registered yet, and where that is. The caller closes it. Throws as
   * `adminOf` does.
   */
  open(
    server: RegisteredServer,
    password: string,
  ): Promise<{ readonly admin: Admin; readonly place: ServerPlace }>
  /** Closes the way into a server that is registered no more. */
  forget(server: string): void
  close(): Promise<void>
}

/** More are opened anew when they are asked for. */
const maxAdmins = 20

/** Opens nothing until it is asked to. */
export function createRegisteredServers(options: {
  readonly store: Database
  /** The way into the installation's own server. */
  readonly admin: Admin
  readonly keyRing: () => KeyRing
  readonly networks: ConnectionNetworks
  readonly lookUp: LookUp
  readonly onIdleError: (cause: Error) => void
}): RegisteredServers {
  const { store, admin: own, keyRing, networks, lookUp, onIdleError } = options
  // In the order of last use: a Map keeps the order of insertion.
  const admins = new Map<string, { readonly version: string; readonly admin: Promise<Admin> }>()

  async function openAt(
    place: ServerPlace,
    { user, database }: RegisteredServer,
    password: string,
  ): Promise<Admin> {
    return openAdmin({
      address: { ...place, user, database, password },
      installationId: own.installationId,
      // No database is made there.
      templateDatabase: database,
      onIdleError,
    }).catch((error: unknown) => {
      throw logInError(error)
    })
  }

  function forget(id: string): void {
    const entry = admins.get(id)
    admins.delete(id)
    entry?.admin.then((admin) => admin.close()).catch(onIdleError)
  }

  return {
    async adminOf(server) {
      if (server === undefined) return own
      const connection = await getConnection(store, server)
      const place = await resolveServer(connection.server, networks, lookUp)
      const version = `${connection.updatedAt.getTime()} ${place.host}`
      const known = admins.get(server)
      if (known?.version === version) {
        admins.delete(server)
        admins.set(server, known)
        const admin = await known.admin
        // Whoever is given it may take for granted that the server lets us in.
        await admin.cluster.query('select 1').catch((error: unknown) => {
          forget(server)
          throw logInError(error)
        })
        return admin
      }
      forget(server)
      const password = openConnectionPassword(keyRing(), connection.id, connection)
      const admin = openAt(place, connection.server, password)
      admins.set(server, { version, admin })
      for (const oldest of [...admins.keys()].slice(0, -maxAdmins)) forget(oldest)
      return admin.catch((error: unknown) => {
        if (admins.get(server)?.admin === admin) admins.delete(server)
        throw error
      })
    },
    async addressOf(server) {
      const { server: registered, facts } = await getConnection(store, server)
      const place = await resolveServer(registered, networks, lookUp)
      const schemas = ['public', facts.postgisSchema].map(quoteIdentifier)
      return { ...place, searchPath: [...new Set(schemas)].join(',') }
    },
    async open(server, password) {
      const place = await resolveServer(server, networks, lookUp)
      return { admin: await openAt(place, server, password), place }
    },
    forget,
    async close() {
      for (const id of [...admins.keys()]) {
        const admin = await admins.get(id)?.admin.catch(() => undefined)
        admins.delete(id)
        await admin?.close()
      }
    },
  }
}

async function getConnection(
  store: Database,
  id: string,
): Promise<RegisteredConnection & ConnectionSecret> {
  const connection = await findRegisteredConnection(store, id).catch((error: unknown) => {
    throw storeError(error)
  })
  if (connection === undefined) throw new AccessError('connection_not_found')
  return connection
}

/** What PostgreSQL or the network said to a log-in is for the operator; the owner gets a sentence. */
function logInError(error: unknown): unknown {
  const code = sqlstateOf(error) ?? ''
  // 28: the role or its password; 3D000: the database; 42501: CONNECT on it.
  return code.startsWith('28') || code === '3D000' || code === '42501'
    ? new AccessError('server_refused', { cause: error })
    : unreachable(error)
}
