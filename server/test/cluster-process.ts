/**
 * The part of a server that tests kill: starts a cluster, prints "started" and its process id, and
 * lives until it is ended. Ignores Ctrl-C, so that a test sees what that does to the cluster alone.
 */
import { startCluster } from '../src/embedded/cluster.ts'
import { findPostgres } from '../src/embedded/find-postgres.ts'

const [, , , productDataDir = '', dataDir = ''] = process.argv

process.on('SIGINT', () => {})
const binaries = await findPostgres({ dataDir: productDataDir })
if (binaries === undefined) throw new Error('There is no PostgreSQL.')
const cluster = await startCluster({
  binaries,
  dataDir,
  superuserPassword: 'the-same-every-time',
  observe: () => undefined,
  settings: { fsync: 'off', shared_buffers: '16MB', max_connections: '20' },
})
process.stdout.write(`started ${cluster.pid}\n`)
