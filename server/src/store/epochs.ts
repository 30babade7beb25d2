import { answeredSoon, type Queryable } from './database.ts'

/**
 * `regular_keys`: all regular keys of an account stop opening anything. `account_settings`: nothing
 * ends, but what is remembered of the account is to be read again. `public_access`: what its public
 * role may read became less. `user`, `oauth_client` and `oauth_grant`: whatever hangs on
 * them; their id is the credential's.
 */
export type RevocationKind =
  | 'api_key'
  | 'access_token'
  | 'account'
  | 'key_ring'
  | 'regular_keys'
  | 'account_settings'
  | 'public_access'
  | 'session'
  | 'user'
  | 'oauth_client'
  | 'oauth_grant'
  | 'oauth_token'

/** Something that was taken away, and the epoch at which it was. */
export type Revocation = {
  readonly epoch: number
  readonly kind: RevocationKind
  readonly accountId: string | null
  readonly credentialId: string | null
  /** LOGIN roles whose sessions end with it. */
  readonly roles: readonly string[]
}

/** The channel on which nodes are told that the epoch grew. */
export const revocationChannel = 'postern_revocation'

/**
 * Records a revocation and grows the epoch; returns the new epoch. Must run in the transaction that
 * takes the access away: the row lock on `epoch` orders such transactions, so that whoever sees
 * epoch N sees everything up to N.
 */
export async function insertRevocation(
  transaction: Queryable,
  revocation: Omit<Revocation, 'epoch'>,
): Promise<number> {
  const { rows } = await transaction.query<{ epoch: number }>(
    `with next as (update epoch set value = value + 1 returning value)
     insert into revocation (epoch, kind, account_id, credential_id, roles)
     select value, $1, $2, $3, $4 from next
     returning epoch::float8 as epoch`,
    [revocation.kind, revocation.accountId, revocation.credentialId, revocation.roles],
  )
  // Delivered when the transaction commits.
  await transaction.query(`notify ${revocationChannel}`)
  const epoch = rows[0]?.epoch
  if (epoch === undefined) throw new Error('The control database has no epoch row.')
  return epoch
}

export async function getEpoch(store: Queryable): Promise<number> {
  const { rows } = await store.query<{ value: number }>('select value::float8 as value from epoch')
  const value = rows[0]?.value
  if (value === undefined) throw new Error('The control database has no epoch row.')
  return value
}

/** What was revoked after `epoch`, in order. */
export async function listRevocationsAfter(store: Queryable, epoch: number): Promise<Revocation[]> {
  const { rows } = await store.query<Revocation>(
    answeredSoon({
      name: 'list-revocations-after',
      text: `select epoch::float8 as epoch, kind, account_id as "accountId",
               credential_id as "credentialId", roles
             from revocation where epoch > $1 order by epoch`,
      values: [epoch],
    }),
  )
  return rows
}

/** Says that this node is alive for `leaseMs` more and has seen everything up to `ackedEpoch`. */
export async function renewNodeLease(
  store: Queryable,
  node: { readonly id: string; readonly leaseMs: number; readonly ackedEpoch: number },
): Promise<void> {
  await store.query(
    answeredSoon({
      name: 'renew-node-lease',
      text: `insert into node (id, lease_until, acked_epoch)
             values ($1, clock_timestamp() + $2 * interval '1 millisecond', $3)
             on conflict (id) do update
             set lease_until = excluded.lease_until, acked_epoch = excluded.acked_epoch`,
      values: [node.id, node.leaseMs, node.ackedEpoch],
    }),
  )
}

/** Nodes whose lease runs: all of them, and those that have not seen `epoch` yet. */
export async function countLiveNodes(
  store: Queryable,
  epoch: number,
): Promise<{ live: number; behind: number }> {
  const { rows } = await store.query<{ live: number; behind: number }>(
    `select count(*)::float8 as live,
            (count(*) filter (where acked_epoch < $1))::float8 as behind
     from node where lease_until > clock_timestamp()`,
    [epoch],
  )
  return rows[0] ?? { live: 0, behind: 0 }
}

/** Takes this node off the list, and with it nodes that have been silent for a day. */
export async function deleteNode(store: Queryable, id: string): Promise<void> {
  await store.query(
    `delete from node where id = $1 or lease_until < clock_timestamp() - interval '1 day'`,
    [id],
  )
}

/** Forgets every node. Only for a server that cannot have others beside it. */
export async function deleteAllNodes(store: Queryable): Promise<void> {
  await store.query('delete from node')
}
