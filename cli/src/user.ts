import { createUser } from '@postern/server/commands/create-user.js'
import { deleteUser } from '@postern/server/commands/delete-user.js'
import { getUserByName, listUsers } from '@postern/server/commands/list-users.js'
import { getOperator } from '@postern/server/commands/operator.js'
import { turnOffSecondFactor } from '@postern/server/commands/turn-off-second-factor.js'
import { updateUser } from '@postern/server/commands/update-user.js'
import { userLevels } from '@postern/server/credential/manager.js'
import type { AccountUser } from '@postern/server/store/account-users.js'
import { type Command, Option } from 'commander'
import { findAccount } from './find-account.ts'
import { withInstallation } from './with-installation.ts'

type Details = { level?: string; email?: string; json?: true }

export function addUserCommands(program: Command): void {
  const user = program.command('user').description('Who signs in to an account.')
  const level = () => new Option('--level <level>', 'what the user may do').choices([...userLevels])

  user
    .command('add')
    .description('Add a user to an account, with a password that is shown once.')
    .argument('<account>')
    .argument('<name>')
    .addOption(level().default('viewer'))
    .option('--email <address>', 'an e-mail address to sign in with as well')
    .option('--json', 'print JSON')
    .action(add)

  user
    .command('list')
    .description('List the users of an account.')
    .argument('<account>')
    .option('--json', 'print JSON')
    .action(list)

  user
    .command('set')
    .description('Change a user. Without an option it shows what is set.')
    .argument('<account>')
    .argument('<name>')
    .addOption(level())
    .option('--email <address>', 'an e-mail address to sign in with as well, or none')
    .option('--new-password', 'make a password, which is shown once, and end all sessions')
    .option('--no-second-factor', 'turn the second factor off, for a user who has lost it')
    .option('--json', 'print JSON')
    .action(set)

  user
    .command('delete')
    .description('Delete a user with all that acts in their name.')
    .argument('<account>')
    .argument('<name>')
    .action(remove)
}

async function add(accountName: string, name: string, options: Details): Promise<void> {
  const { user, newPassword } = await withInstallation(async ({ context }) => {
    const account = await findAccount(context, accountName)
    return createUser(context, await getOperator(context, account), {
      name,
      level: options.level,
      ...(options.email !== undefined && { email: options.email }),
    })
  })
  show(user, newPassword, options)
}

async function list(accountName: string, options: { json?: true }): Promise<void> {
  const users = await withInstallation(async ({ context }) =>
    listUsers(context, (await findAccount(context, accountName)).id),
  )
  if (options.json === true) console.log(JSON.stringify(users.map(present), null, 2))
  else for (const { name, level, email } of users) console.log(`${name}\t${level}\t${email ?? ''}`)
}

async function set(
  accountName: string,
  name: string,
  options: Details & { newPassword?: true; secondFactor: boolean },
): Promise<void> {
  const { level, email, newPassword: wantsPassword = false } = options
  const { user, newPassword } = await withInstallation(async ({ context }) => {
    const account = await findAccount(context, accountName)
    const found = await getUserByName(context, account.id, name)
    const operator = await getOperator(context, account)
    if (!options.secondFactor) await turnOffSecondFactor(context, operator, found.id)
    const changes = {
      ...(level !== undefined && { level }),
      ...(email !== undefined && { email: email === 'none' ? null : email }),
    }
    if (Object.keys(changes).length === 0 && !wantsPassword) {
      return { user: found, newPassword: undefined }
    }
    return updateUser(context, operator, found.id, changes, {
      newPassword: wantsPassword,
    })
  })
  show(user, newPassword, options)
}

async function remove(accountName: string, name: string): Promise<void> {
  await withInstallation(async ({ context }) => {
    const account = await findAccount(context, accountName)
    const { id } = await getUserByName(context, account.id, name)
    await deleteUser(context, await getOperator(context, account), id)
  })
  console.log(`Deleted the user '${name}'.`)
}

function show(user: AccountUser, newPassword: string | undefined, options: { json?: true }): void {
  if (options.json === true) {
    const password = newPassword === undefined ? {} : { password: newPassword }
    console.log(JSON.stringify({ ...present(user), ...password }, null, 2))
    return
  }
  console.log(`User      ${user.name}`)
  console.log(`Level     ${user.level}`)
  console.log(`E-mail    ${user.email ?? 'none'}`)
  if (newPassword === undefined) return
  console.log(`Password  ${newPassword}`)
  console.log('The password is not shown again.')
}

function present({ id, name, level, email, createdAt }: AccountUser) {
  return { id, name, level, email, created_at: createdAt.toISOString() }
}
