import { readFile } from 'node:fs/promises'
import { createConnection } from '@postern/server/commands/create-connection.js'
import { deleteConnection } from '@postern/server/commands/delete-connection.js'
import { listConnections } from '@postern/server/commands/list-connections.js'
import { getOperator } from '@postern/server/commands/operator.js'
import { testConnection } from '@postern/server/commands/test-connection.js'
import { tlsModes } from '@postern/server/store/connections.js'
import { type Command, Option } from 'commander'
import { findAccount } from './find-account.ts'
import { withInstallation } from './with-installation.ts'

type Place = {
  host: string
  port: string
  database: string
  user: string
  tls: string
  ca?: string
  json?: true
}

export function addConnectionCommands(program: Command): void {
  const connection = program
    .command('connection')
    .description('PostGIS servers that an account has registered.')

  withPlace(
    connection
      .command('add')
      .description(
        'Register a server. The password of its role is read from the variable PGPASSWORD, or from standard input.',
      )
      .argument('<account>')
      .argument('<name>'),
  ).action(add)

  withPlace(
    connection
      .command('test')
      .description('Say what a server lacks to be registered, with the SQL that mends it.'),
  ).action(test)

  connection
    .command('list')
    .description('List the connections of an account.')
    .argument('<account>')
    .option('--json', 'print JSON')
    .action(list)

  connection
    .command('delete')
    .description('Forget a server. Its data stays; the roles that were made on it go.')
    .argument('<account>')
    .argument('<name>')
    .action(remove)
}

function withPlace(command: Command): Command {
  return command
    .requiredOption('--host <host>', 'host name or address')
    .option('--port <port>', 'TCP port', '5432')
    .requiredOption('--database <name>', 'database')
    .requiredOption('--user <role>', 'a role with CREATEROLE')
    .addOption(
      new Option('--tls <mode>', 'how log-ins are encrypted')
        .choices([...tlsModes])
        .default('verify-full'),
    )
    .option('--ca <file>', 'certificates of authorities, as PEM')
    .option('--json', 'print JSON')
}

async function configOf({ host, port, database, user, tls, ca }: Place) {
  return {
    ...{ host, port, database, user, tls },
    ...(ca !== undefined && { ca: await readFile(ca, 'utf8') }),
    password: process.env.PGPASSWORD ?? (await readLine()),
  }
}

/** The first line of standard input: a command line is everybody's to read. */
async function readLine(): Promise<string> {
  if (process.stdin.isTTY) {
    throw new Error('Set PGPASSWORD to the password of the role, or send it on standard input.')
  }
  let text = ''
  for await (const chunk of process.stdin) text += chunk
  return text.split(/\r?\n/, 1)[0] ?? ''
}

async function add(accountName: string, name: string, place: Place): Promise<void> {
  const config = await configOf(place)
  const made = await withInstallation(async ({ context }) => {
    const account = await findAccount(context, accountName)
    return createConnection(context, await getOperator(context, account), { name, config })
  })
  if (place.json === true) console.log(JSON.stringify(made, null, 2))
  else console.log(`Registered ${made.config.host}:${made.config.port} as '${name}'.`)
}

async function test(place: Place): Promise<void> {
  const config = await configOf(place)
  const { ready, checks } = await withInstallation(({ context }) =>
    testConnection(context, { config }),
  )
  if (place.json === true) console.log(JSON.stringify({ ready, checks }, null, 2))
  else {
    for (const { severity, subject, sentence, remedy } of checks) {
      console.log(`${severity.padEnd(8)} ${subject}: ${sentence}`)
      if (remedy !== undefined) console.log(`         ${remedy}`)
    }
    console.log(ready ? 'The server can be registered.' : 'The server cannot be registered yet.')
  }
  if (!ready) process.exitCode = 1
}

async function list(accountName: string, options: { json?: true }): Promise<void> {
  const connections = await withInstallation(async ({ context }) =>
    listConnections(context, { accountId: (await findAccount(context, accountName)).id }),
  )
  if (options.json === true) console.log(JSON.stringify(connections, null, 2))
  else {
    for (const { name, config } of connections) {
      const { host, port, database } = config
      console.log(host === undefined ? name : `${name}\t${host}:${port}\t${database}`)
    }
  }
}

async function remove(accountName: string, name: string): Promise<void> {
  await withInstallation(async ({ context }) => {
    const account = await findAccount(context, accountName)
    await deleteConnection(context, await getOperator(context, account), name)
  })
  console.log(`Deleted the connection '${name}'.`)
}
