import { type ApiKey, type AuthApi, authApi } from './auth-api.ts'
import { runAsOwner } from './populate-account.ts'
import { type AccountCredentials, type Postern, startPostern } from './postern.ts'
import { type Answer, sql } from './requests.ts'

/** Two accounts: alice, whose Auth API is asked, with the tables `parcels` and `roads`, and bob. */
export type AuthApiAccounts = {
  readonly postern: Postern
  readonly alice: AccountCredentials
  readonly bob: AccountCredentials
  /** The Auth API of alice, with her master key. */
  readonly master: AuthApi
  /** Runs a statement with the master key of alice; throws with the answer when it is refused. */
  asOwner(statement: string): Promise<void>
  asKey(key: ApiKey, statement: string): Promise<Answer>
  /** Creates a key; throws with the answer when that fails. */
  created(api: AuthApi, name: string, grants: readonly unknown[]): Promise<ApiKey>
  /** A key of alice as it is shown now; throws with the answer when it is not. */
  shown(name: string): Promise<ApiKey>
  /** The same key; its token must never be found in what the server writes. */
  kept<Key extends ApiKey | undefined>(key: Key): Key
}

/** Starts a server with the two accounts. */
export async function openAuthApiAccounts(): Promise<AuthApiAccounts> {
  const postern = await startPostern()
  const alice = await postern.createAccount('alice')
  const bob = await postern.createAccount('bob')
  const master = authApi(postern, 'alice', alice.master_key)
  for (const statement of [
    'create table parcels (id integer, owner text)',
    'create table roads (id integer)',
    'insert into parcels values (1, $$ann$$)',
  ]) {
    await runAsOwner(postern, alice, statement)
  }
  const kept = <Key extends ApiKey | undefined>(key: Key): Key => {
    if (key !== undefined && key.type !== 'default') postern.keepSecret(key.token)
    return key
  }
  return {
    postern,
    alice,
    bob,
    master,
    kept,
    async asOwner(statement) {
      await runAsOwner(postern, alice, statement)
    },
    asKey: (key, statement) => sql(postern, 'alice', statement, key.token),
    async created(api, name, grants) {
      const answer = await api.create({ name, grants })
      if (answer.status !== 201) throw new Error(`${name}: ${answer.status} ${answer.text}`)
      return kept(answer.json<ApiKey>())
    },
    async shown(name) {
      const answer = await master.show(name)
      if (answer.status !== 200) throw new Error(`${name}: ${answer.status} ${answer.text}`)
      return answer.json<ApiKey>()
    },
  }
}
