import { expect } from 'vitest'
import { type Entrance, sqlEntrances } from './entrances.ts'
import { describeAccount, populateAccount, runAsOwner } from './populate-account.ts'
import { type AccountCredentials, type Postern, startPostern } from './postern.ts'
import { createKey, sql } from './requests.ts'
import { waysInTurn } from './rounds.ts'

/** Found in an answer to anybody but the owner, it is a leak. */
export const canary = 'canary'

/** Somebody with a credential who wants more than it opens. */
export type Attacker = { readonly name: string; readonly token: string | undefined }

/** Two accounts: alice, who is attacked by holders of her own keys, and bob, her neighbour. */
export type AttackedAccounts = {
  readonly postern: Postern
  readonly alice: AccountCredentials
  readonly bob: AccountCredentials
  readonly ownerRole: string
  readonly neighbour: { readonly role: string; readonly database: string }
  readonly nobody: Attacker
  /** May select private_points. */
  readonly reader: Attacker
  /** May do everything to private_points that can be granted. */
  readonly writer: Attacker
  /** May create tables. */
  readonly creator: Attacker
  readonly master: Attacker
  /** Everybody but the master. */
  readonly keys: readonly Attacker[]
  readonly everybody: readonly Attacker[]
}

/** Starts a server with two populated accounts and a key of each kind. */
export async function openAttackedAccounts(
  settings: Record<string, string> = {},
): Promise<AttackedAccounts> {
  const postern = await startPostern(settings)
  const alice = await postern.createAccount('alice')
  const bob = await postern.createAccount('bob')
  await populateAccount(postern, alice, canary)
  await populateAccount(postern, bob, `${canary} of bob`)
  const [own] = await runAsOwner(postern, alice, 'select current_user as role')
  const [next] = await runAsOwner(
    postern,
    bob,
    'select current_user as role, current_database() as database',
  )
  const on = (permissions: readonly string[]) => ({
    tables: [{ name: 'private_points', permissions }],
  })
  const make = async (name: string, grants: Parameters<typeof createKey>[2]) => ({
    name,
    token: (await createKey(postern, alice, { name, ...grants })).token,
  })
  const nobody = { name: 'nobody', token: undefined }
  const reader = await make('reader', on(['select']))
  const writer = await make('writer', on(['select', 'insert', 'update', 'delete']))
  const creator = await make('creator', { create: ['public'] })
  const master = { name: 'master', token: alice.master_key }
  const keys = [nobody, reader, writer, creator]
  return {
    postern,
    alice,
    bob,
    ownerRole: String(own?.role),
    neighbour: { role: String(next?.role), database: String(next?.database) },
    nobody,
    reader,
    writer,
    creator,
    master,
    keys,
    everybody: [...keys, master],
  }
}

/** The refusal that is promised: a status and a sentence, for all or depending on who asks. */
export type Refusal = string | RegExp | ((attacker: Attacker) => string | RegExp)

let expected = 0

/**
 * Sends a statement as each attacker, who take turns at the entrances, and expects the same refusal
 * every time, such as `403 forbidden`; expects too that no answer holds a canary or more than the one
 * sentence. In `npm run test:long` everybody goes through every entrance.
 */
export async function expectRefused(
  { postern }: AttackedAccounts,
  q: string,
  refusal: Refusal,
  options: { readonly by: readonly Attacker[]; readonly through?: readonly Entrance[] },
): Promise<void> {
  const got: string[] = []
  const promised: unknown[] = []
  expected += 1
  for (const [index, attacker] of options.by.entries()) {
    for (const entrance of waysInTurn(options.through ?? sqlEntrances, expected + index)) {
      const answer = await entrance.ask(postern, 'alice', q, attacker.token)
      const start = `${attacker.name}, ${entrance.name}: `
      got.push(`${start}${answer.status} ${sentenceOf(answer.text, attacker)}`)
      const wanted = typeof refusal === 'function' ? refusal(attacker) : refusal
      promised.push(typeof wanted === 'string' ? start + wanted : expect.stringMatching(wanted))
    }
  }
  expect(got.join('\n')).not.toContain(canary)
  expect(got).toEqual(promised)
}

/** The sentence of an error, or the whole text of what is none. */
function sentenceOf(text: string, attacker: Attacker): string {
  try {
    const { error, ...more } = JSON.parse(text) as { error: [string] }
    // PostgreSQL's details and hints are for the owner alone.
    const isPlain = attacker.name === 'master' || Object.keys(more).length === 0
    return isPlain && error.length === 1 ? error[0] : text
  } catch {
    return text
  }
}

/** Runs a statement that is to work, and returns its rows. */
export async function expectRows(
  { postern }: AttackedAccounts,
  { token }: Attacker,
  q: string,
): Promise<Record<string, unknown>[]> {
  const answer = await sql(postern, 'alice', q, token)
  expect(`${answer.status} ${answer.text}`).toMatch(/^200 /)
  return answer.json<{ rows: Record<string, unknown>[] }>().rows
}

/**
 * What the attacker's sessions are like: every setting of every session that is there, of which all
 * are to be the same. Enough requests at once that the pool has to use all that it may open.
 */
export async function describeSessions(
  accounts: AttackedAccounts,
  attacker: Attacker,
): Promise<string[]> {
  const requests = Array.from({ length: 8 }, () => expectRows(accounts, attacker, 'show all'))
  // Names with a dot belong to libraries, which a session loads when it first needs them.
  const answers = (await Promise.all(requests)).map((rows) =>
    JSON.stringify(rows.filter(({ name }) => !String(name).includes('.'))),
  )
  return [...new Set(answers)]
}

/** Everything that both accounts hold: what no attack may change. */
export async function describeAccounts({
  postern,
  alice,
  bob,
}: AttackedAccounts): Promise<unknown[]> {
  return [await describeAccount(postern, alice), await describeAccount(postern, bob)]
}

/** Expects that `attack` leaves everything that both accounts hold as it was. */
export async function expectUnchanged(
  accounts: AttackedAccounts,
  attack: () => Promise<void>,
): Promise<void> {
  const before = await describeAccounts(accounts)
  await attack()
  expect(await describeAccounts(accounts)).toEqual(before)
}
