import { createInterface } from 'node:readline/promises'
import { createAccount } from '@postern/server/commands/create-account.js'
import { deleteAccount } from '@postern/server/commands/delete-account.js'
import { getMasterToken } from '@postern/server/commands/get-master-token.js'
import { setAccount } from '@postern/server/commands/set-account.js'
import { accountBaseUrl, publicUrlOf } from '@postern/server/config.js'
import { type AccountSettings, listAccounts } from '@postern/server/store/accounts.js'
import { type Command, InvalidArgumentError, Option } from 'commander'
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
    .command('set')
    .description('Set what holds for one account. Without an option it shows what is set.')
    .argument('<name>')
    .addOption(
      new Option('--key-quota <n>', 'the most regular keys it may have, or none').argParser(
        readQuota,
      ),
    )
    .addOption(
      new Option(
        '--rate-limit <n>',
        'requests per second of each key, 0 for no limits, or default',
      ).argParser(readRate),
    )
    .addOption(
      new Option('--engine <state>', 'off: no Auth API, and regular keys open nothing').choices(
        switchStates,
      ),
    )
    .addOption(
      new Option(
        '--master-on-data <state>',
        'off: the master key opens neither SQL nor Maps',
      ).choices(switchStates),
    )
    .addOption(
      new Option(
        '--show-once <state>',
        'on: no token is kept to be shown again, those that are there included',
      ).choices(switchStates),
    )
    .option('--json', 'print JSON')
    .action(set)

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

const switchStates = ['on', 'off'] as const
type SwitchState = (typeof switchStates)[number]

/** Not null for none: that would be no value to commander. */
function readQuota(text: string): number | 'none' {
  if (text === 'none') return text
  const quota = /^\d{1,9}$/.test(text) ? Number(text) : undefined
  if (quota === undefined) throw new InvalidArgumentError('It is a whole number, or none.')
  return quota
}

function readRate(text: string): number | 'default' {
  if (text === 'default') return text
  const rate = /^\d{1,7}$/.test(text) ? Number(text) : Number.NaN
  if (rate <= 1_000_000) return rate
  throw new InvalidArgumentError('It is a whole number from 0 to 1000000, or default.')
}

async function set(
  name: string,
  options: {
    keyQuota?: number | 'none'
    rateLimit?: number | 'default'
    engine?: SwitchState
    masterOnData?: SwitchState
    showOnce?: SwitchState
    json?: true
  },
): Promise<void> {
  const { keyQuota, rateLimit, engine, masterOnData, showOnce } = options
  const account = await withInstallation(({ context }) =>
    setAccount(context, name, {
      ...(keyQuota !== undefined && { keyQuota: keyQuota === 'none' ? null : keyQuota }),
      ...(rateLimit !== undefined && {
        requestsPerSecond: rateLimit === 'default' ? null : rateLimit,
      }),
      ...(engine !== undefined && { engineEnabled: engine === 'on' }),
      ...(masterOnData !== undefined && { masterOnData: masterOnData === 'on' }),
      ...(showOnce !== undefined && { showOnce: showOnce === 'on' }),
    }),
  )
  const shown = settingsOf(account)
  if (options.json === true) {
    console.log(JSON.stringify({ account: account.name, ...shown }, null, 2))
    return
  }
  const words = (isOn: boolean) => (isOn ? 'on' : 'off')
  console.log(`Key quota       ${shown.key_quota ?? 'none'}`)
  console.log(`Rate limit      ${shown.rate_limit ?? 'default'}`)
  console.log(`Engine          ${words(shown.engine)}`)
  console.log(`Master on data  ${words(shown.master_on_data)}`)
  console.log(`Show once       ${words(shown.show_once)}`)
}

function settingsOf(settings: AccountSettings) {
  const { keyQuota, requestsPerSecond, engineEnabled, masterOnData, showOnce } = settings
  return {
    key_quota: keyQuota,
    rate_limit: requestsPerSecond,
    engine: engineEnabled,
    master_on_data: masterOnData,
    show_once: showOnce,
  }
}

async function list(asJson: boolean): Promise<void> {
  const accounts = await withInstallation(async ({ config, context }) =>
    (await listAccounts(context.store, ['active'])).map((account) => ({
      account: account.name,
      base_url: accountBaseUrl(publicUrlOf(config), account.name),
      created_at: account.createdAt.toISOString(),
      ...settingsOf(account),
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
