import { createInterface } from 'node:readline/promises'
import { createAccount } from '@postern/server/commands/create-account.js'
import { deleteAccount } from '@postern/server/commands/delete-account.js'
import { getMasterToken } from '@postern/server/commands/get-master-token.js'
import { accountBaseUrl, publicUrlOf } from '@postern/server/config.js'
import { listAccounts } from '@postern/server/store/accounts.js'
import type { Command } from 'commander'
import { withInstallation } from './with-installation.ts'

export function addAccountCommands(program: Command): void {
  const account = program.command('account').description('Accounts and their databases.')

  account
    .command('create')
    .description('Make an account with its own database and master key.')
    .argument('<name>', 'lower-case letters, digits and hyphens')
    .option('--json', 'print JSON')
    .action((name: string, options: { json?: true }) => create(name, options.json === true))

  account
    .command('list')
    .description('List the accounts.')
    .option('--json', 'print JSON')
    .action((options: { json?: true }) => list(options.json === true))

  account
    .command('master-key')
    .description('Print the master key of an account.')
    .argument('<name>')
    .action(async (name: string) => {
      console.log(await withInstallation(({ context }) => getMasterToken(context, name)))
    })

  account
    .command('delete')
    .description('Delete an account with its keys and all of its data.')
    .argument('<name>')
    .option('--yes', 'do not ask; a script is never asked')
    .option('--json', 'print JSON')
    .action(async (name: string, options: { yes?: true; json?: true }) => {
      if (options.yes === true || !process.stdin.isTTY || (await isConfirmed(name))) {
        await remove(name, options.json === true)
      }
    })
}

async function create(name: string, asJson: boolean): Promise<void> {
  const created = await withInstallation(async ({ config, context }) => {
    const { account, masterToken, password } = await createAccount(context, name)
    return {
      account: account.name,
      base_url: accountBaseUrl(publicUrlOf(config), account.name),
      master_key: masterToken,
      password,
    }
  })
  if (asJson) {
    console.log(JSON.stringify(created, null, 2))
    return
  }
  console.log(`Account     ${created.account}`)
  console.log(`Base URL    ${created.base_url}`)
  console.log(`Master key  ${created.master_key}`)
  console.log(`Password    ${created.password}`)
  console.log('The password is not shown again.')
}

async function list(asJson: boolean): Promise<void> {
  const accounts = await withInstallation(async ({ config, context }) =>
    (await listAccounts(context.store, ['active'])).map((account) => ({
      account: account.name,
      base_url: accountBaseUrl(publicUrlOf(config), account.name),
      created_at: account.createdAt.toISOString(),
    })),
  )
  if (asJson) console.log(JSON.stringify(accounts, null, 2))
  else for (const { account, base_url } of accounts) console.log(`${account}\t${base_url}`)
}

async function remove(name: string, asJson: boolean): Promise<void> {
  const receipt = await withInstallation(({ context }) => deleteAccount(context, name))
  if (!asJson) {
    console.log(`Deleted the account '${name}' with its data.`)
    return
  }
  const { epoch, nodes } = receipt
  console.log(JSON.stringify({ account: name, epoch, nodes }, null, 2))
}

/** Asks on the terminal. Whoever types something else keeps the account. */
async function isConfirmed(name: string): Promise<boolean> {
  const terminal = createInterface({ input: process.stdin, output: process.stderr })
  const answer = await terminal.question(
    `This deletes the account '${name}' with its keys and all of its data. Type its name to go on: `,
  )
  terminal.close()
  if (answer.trim() === name) return true
  throw new Error('Nothing was deleted.')
}
