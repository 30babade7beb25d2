import { createOAuthClient } from '@postern/server/commands/create-oauth-client.js'
import { deleteOAuthClient } from '@postern/server/commands/delete-oauth-client.js'
import { getUser, getUserByName } from '@postern/server/commands/list-users.js'
import { getOperator } from '@postern/server/commands/operator.js'
import { scopes } from '@postern/server/credential/manager.js'
import { levelRights } from '@postern/server/policy/user-levels.js'
import { listOAuthClients, type OAuthClient } from '@postern/server/store/oauth-clients.js'
import { type Command, Option } from 'commander'
import { findAccount } from './find-account.ts'
import { withInstallation } from './with-installation.ts'

type Created = {
  kind: string
  scopes: string
  redirectUri?: string[]
  user?: string
  json?: true
}

export function addOAuthClientCommands(program: Command): void {
  const client = program
    .command('oauth-client')
    .description('Applications that manage an account in the name of a user.')

  client
    .command('create')
    .description('Register an OAuth client. The secret of a program is shown once.')
    .argument('<account>')
    .argument('<name>', 'what users are shown')
    .addOption(
      new Option('--kind <kind>', 'm2m: a program; public: an application in browsers')
        .choices(['m2m', 'public'])
        .default('m2m'),
    )
    .requiredOption('--scopes <list>', `with commas in between, of ${scopes.join(', ')}`)
    .option('--redirect-uri <address...>', 'where a browser may be sent back to')
    .option('--user <name>', 'whom a program acts as; default: an owner of the account')
    .option('--json', 'print JSON')
    .action(create)

  client
    .command('list')
    .description('List the OAuth clients of an account.')
    .argument('<account>')
    .option('--json', 'print JSON')
    .action(list)

  client
    .command('delete')
    .description('Delete an OAuth client with all that it was let do.')
    .argument('<account>')
    .argument('<client-id>')
    .action(remove)
}

async function create(accountName: string, name: string, options: Created): Promise<void> {
  const { client, secret } = await withInstallation(async ({ context }) => {
    const account = await findAccount(context, accountName)
    const operator = await getOperator(context, account)
    const user =
      options.user === undefined
        ? await getUser(context, account.id, operator.userId)
        : await getUserByName(context, account.id, options.user)
    const registrar = { ...operator, userId: user.id, scopes: levelRights[user.level].scopes }
    return createOAuthClient(context, registrar, {
      name,
      kind: options.kind,
      scopes: options.scopes.split(',').map((scope) => scope.trim()),
      redirectUris: options.redirectUri ?? [],
    })
  })
  if (options.json === true) {
    const secrets = secret === undefined ? {} : { client_secret: secret }
    console.log(JSON.stringify({ ...present(client), ...secrets }, null, 2))
    return
  }
  console.log(`Client ID      ${client.id}`)
  if (secret === undefined) return
  console.log(`Client secret  ${secret}`)
  console.log('The secret is not shown again.')
}

async function list(accountName: string, options: { json?: true }): Promise<void> {
  const clients = await withInstallation(async ({ context }) =>
    listOAuthClients(context.store, (await findAccount(context, accountName)).id),
  )
  if (options.json === true) console.log(JSON.stringify(clients.map(present), null, 2))
  else for (const { id, kind, name } of clients) console.log(`${id}\t${kind}\t${name}`)
}

async function remove(accountName: string, id: string): Promise<void> {
  await withInstallation(async ({ context }) => {
    const operator = await getOperator(context, await findAccount(context, accountName))
    await deleteOAuthClient(context, operator, id)
  })
  console.log('Deleted the OAuth client.')
}

function present({ id, name, kind, scopes: granted, redirectUris, createdAt }: OAuthClient) {
  return {
    client_id: id,
    name,
    kind,
    scopes: granted,
    redirect_uris: redirectUris,
    created_at: createdAt.toISOString(),
  }
}
