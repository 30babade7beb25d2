import { readFile } from 'node:fs/promises'
import { createAccessToken } from '@postern/server/commands/create-access-token.js'
import { deleteAccessToken } from '@postern/server/commands/delete-access-token.js'
import { listAccessTokens } from '@postern/server/commands/list-access-tokens.js'
import { getOperator } from '@postern/server/commands/operator.js'
import { tokenApis } from '@postern/server/credential/principal.js'
import { presentAccessToken } from '@postern/server/surfaces/tokens-v3/present-access-token.js'
import { type Command, Option } from 'commander'
import { findAccount } from './find-account.ts'
import { withInstallation } from './with-installation.ts'

const pageSize = 1_000

type NewToken = {
  name?: string
  api?: string[]
  connection: string
  source?: string[]
  sourceFile?: string[]
  referer?: string[]
  expires?: string
  json?: true
}

export function addTokenCommands(program: Command): void {
  const token = program
    .command('token')
    .description(
      "API access tokens of an account's owner. Users make their own with the Tokens API.",
    )

  token
    .command('create')
    .description('Make an access token, and print it.')
    .argument('<account>')
    .option('--name <name>', 'what to call it')
    .addOption(
      new Option('--api <api...>', 'what it may use; default: sql and maps').choices([
        ...tokenApis,
      ]),
    )
    .option('--connection <name>', 'where its sources are', 'default')
    .option('--source <source...>', 'a table, a tileset, a query, a pattern or *')
    .option('--source-file <file...>', 'a file with a query')
    .option('--referer <site...>', 'a site that it may be used from; default: any')
    .option('--expires <time>', 'when it ends, such as 2030-01-31T12:00:00Z; default: never')
    .option('--json', 'print JSON')
    .action(create)

  token
    .command('list')
    .description("List the owner's tokens.")
    .argument('<account>')
    .option('--json', 'print JSON, tokens included')
    .action(list)

  token
    .command('delete')
    .description('Delete a token: when the command is done, nothing accepts it any more.')
    .argument('<account>')
    .argument('<id>', 'its id, or the token itself')
    .action(remove)
}

async function create(accountName: string, options: NewToken): Promise<void> {
  const files = (options.sourceFile ?? []).map((file) => readFile(file, 'utf8'))
  const sources = [...(options.source ?? []), ...(await Promise.all(files))]
  const { view, notes } = await withInstallation(async ({ context }) => {
    const account = await findAccount(context, accountName)
    return createAccessToken(context, await getOperator(context, account), {
      ...(options.name !== undefined && { name: options.name }),
      ...(options.api !== undefined && { allowed_apis: options.api }),
      ...(options.expires !== undefined && { expiration_date: options.expires }),
      grants: sources.map((source) => ({ connection_name: options.connection, source })),
      referers: options.referer ?? [],
    })
  })
  for (const note of notes) console.error(note)
  console.log(
    options.json === true ? JSON.stringify(presentAccessToken(view), null, 2) : view.token,
  )
}

async function list(accountName: string, options: { json?: true }): Promise<void> {
  const tokens = await withInstallation(async ({ context }) => {
    const account = await findAccount(context, accountName)
    const owner = await getOperator(context, account)
    const all = []
    for (let offset = 0; ; offset += pageSize) {
      const page = await listAccessTokens(context, owner, { limit: pageSize, offset })
      all.push(...page.tokens)
      if (page.tokens.length < pageSize) return all
    }
  })
  if (options.json === true) {
    const shown = tokens.map((token) => presentAccessToken(token))
    console.log(JSON.stringify(shown, null, 2))
  } else {
    for (const { id, name, allowedApis, lastUsedAt } of tokens) {
      const used = lastUsedAt === null ? 'never used' : `last used ${lastUsedAt.toISOString()}`
      console.log([id, name, allowedApis.join(' '), used].join('\t'))
    }
  }
}

async function remove(accountName: string, id: string): Promise<void> {
  await withInstallation(async ({ context }) => {
    const account = await findAccount(context, accountName)
    await deleteAccessToken(context, await getOperator(context, account), id)
  })
  console.log('Deleted the token.')
}
