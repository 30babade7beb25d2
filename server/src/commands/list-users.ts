import { AccessError } from '../errors.ts'
import { type AccountUser, findAccountUser, listAccountUsers } from '../store/account-users.ts'
import type { CommandContext } from './context.ts'

/** The users of an account, in the order in which they were made. */
export function listUsers(
  { store }: Pick<CommandContext, 'store'>,
  accountId: string,
): Promise<AccountUser[]> {
  return listAccountUsers(store, accountId)
}

/** One user of an account, by id. Throws user_not_found. */
export async function getUser(
  { store }: Pick<CommandContext, 'store'>,
  accountId: string,
  id: string,
): Promise<AccountUser> {
  const user = isUuid(id) ? await findAccountUser(store, accountId, id) : undefined
  if (user === undefined) throw userNotFound()
  return user
}

/** One user of an account, by name. Throws user_not_found. */
export async function getUserByName(
  context: Pick<CommandContext, 'store'>,
  accountId: string,
  name: string,
): Promise<AccountUser> {
  const wanted = name.toLowerCase()
  const users = await listUsers(context, accountId)
  const user = users.find((one) => one.name.toLowerCase() === wanted)
  if (user === undefined) throw userNotFound(name)
  return user
}

export function userNotFound(name?: string): AccessError {
  return new AccessError(
    'user_not_found',
    name === undefined ? {} : { message: `There is no user called '${name}'.` },
  )
}

export function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)
}
