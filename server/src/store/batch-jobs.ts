import type { Queryable } from './database.ts'
import type { Revocation, RevocationKind } from './epochs.ts'

export type BatchJobState = 'pending' | 'running' | 'done' | 'failed' | 'cancelled'

/** A batch job without what it runs, which is sealed. */
export type BatchJob = {
  readonly id: string
  readonly accountId: string
  /** The API key or the access token that made it. */
  readonly credentialId: string
  readonly status: BatchJobState
  /** Why it ended, where that was not for its own SQL to say. */
  readonly endReason: 'node_lost' | 'credential_ended' | null
  readonly cancelRequested: boolean
  readonly createdAt: Date
  readonly updatedAt: Date
}

/** What a job runs and what came of it, sealed. */
export type SealedDocument = { readonly envelope: Buffer; readonly secretKeyId: string }

/** Whose jobs are meant: all of an account, or those of one key or token. */
export type BatchJobOwner = { readonly accountId: string; readonly credentialId: string | null }

/** Told, with the id of a job, when somebody wants it to stop. */
export const batchCancelChannel = 'postern_batch_cancel'

const columns = `id, account_id as "accountId",
  coalesce(api_key_id, access_token_id) as "credentialId", status,
  end_reason as "endReason", cancel_requested_at is not null as "cancelRequested",
  created_at as "createdAt", updated_at as "updatedAt"`

const sealedColumns = `document_envelope as envelope, secret_key_id as "secretKeyId"`

const isOwned =
  'account_id = $1 and ($2::uuid is null or $2::uuid in (api_key_id, access_token_id))'

/**
 * Holds the account's queue until the transaction ends, so that what is counted there stays true.
 */
export async function lockBatchQueue(transaction: Queryable, accountId: string): Promise<void> {
  await transaction.query(
    `select pg_advisory_xact_lock(hashtextextended('batch:' || $1::text, 0))`,
    [accountId],
  )
}

export async function countPendingBatchJobs(store: Queryable, accountId: string): Promise<number> {
  const { rows } = await store.query<{ count: number }>(
    `select count(*)::float8 as count from batch_job where account_id = $1 and status = 'pending'`,
    [accountId],
  )
  return rows[0]?.count ?? 0
}

/** Puts a job at the end of its account's queue, which the transaction must hold. */
export async function insertBatchJob(
  transaction: Queryable,
  job: Pick<BatchJob, 'id' | 'accountId' | 'credentialId' | 'createdAt'> & {
    readonly isOfToken: boolean
    readonly issuedAtMs: number
    readonly document: SealedDocument
  },
): Promise<void> {
  await transaction.query(
    `insert into batch_job (id, account_id, api_key_id, access_token_id, credential_issued_at, number,
       status, document_envelope, secret_key_id, created_at, updated_at)
     select $1::uuid, $2::uuid, $3::uuid, $4::uuid, to_timestamp($5::float8 / 1000),
       coalesce(max(number), 0) + 1, 'pending', $6::bytea, $7::text, $8::timestamptz, $8
     from batch_job where account_id = $2`,
    [
      job.id,
      job.accountId,
      job.isOfToken ? null : job.credentialId,
      job.isOfToken ? job.credentialId : null,
      job.issuedAtMs,
      job.document.envelope,
      job.document.secretKeyId,
      job.createdAt,
    ],
  )
}

export async function findBatchJob(
  store: Queryable,
  { accountId, credentialId }: BatchJobOwner,
  id: string,
): Promise<(BatchJob & SealedDocument) | undefined> {
  const { rows } = await store.query<BatchJob & SealedDocument>(
    `select ${columns}, ${sealedColumns} from batch_job where ${isOwned} and id = $3`,
    [accountId, credentialId, id],
  )
  return rows[0]
}

/** Like findBatchJob; nobody else changes the job until the transaction ends. */
export async function lockBatchJob(
  transaction: Queryable,
  { accountId, credentialId }: BatchJobOwner,
  id: string,
): Promise<(BatchJob & SealedDocument) | undefined> {
  const { rows } = await transaction.query<BatchJob & SealedDocument>(
    `select ${columns}, ${sealedColumns} from batch_job where ${isOwned} and id = $3 for update`,
    [accountId, credentialId, id],
  )
  return rows[0]
}

/** The newest jobs first. */
export async function listBatchJobs(
  store: Queryable,
  { accountId, credentialId }: BatchJobOwner,
  limit: number,
): Promise<(BatchJob & SealedDocument)[]> {
  const { rows } = await store.query<BatchJob & SealedDocument>(
    `select ${columns}, ${sealedColumns} from batch_job where ${isOwned}
     order by number desc limit $3`,
    [accountId, credentialId, limit],
  )
  return rows
}

/** Replaces what a job is to run, as long as it waits. */
export async function updatePendingBatchJob(
  transaction: Queryable,
  id: string,
  document: SealedDocument,
  updatedAt: Date,
): Promise<void> {
  await transaction.query(
    `update batch_job set document_envelope = $2, secret_key_id = $3, updated_at = $4
     where id = $1 and status = 'pending'`,
    [id, document.envelope, document.secretKeyId, updatedAt],
  )
}

/** Ends a job that waits. */
export async function cancelPendingBatchJob(
  transaction: Queryable,
  id: string,
  at: Date,
): Promise<void> {
  await transaction.query(
    `update batch_job set status = 'cancelled', updated_at = $2, ended_at = $2
     where id = $1 and status = 'pending'`,
    [id, at],
  )
}

/** Asks whichever node runs a job to stop it; heard when the transaction commits. */
export async function requestBatchJobCancel(
  transaction: Queryable,
  id: string,
  at: Date,
): Promise<void> {
  await transaction.query(
    `update batch_job set cancel_requested_at = coalesce(cancel_requested_at, $2)
     where id = $1 and status = 'running'`,
    [id, at],
  )
  await transaction.query('select pg_notify($1, $2)', [batchCancelChannel, id])
}

/** Those of these jobs that somebody wants to stop. */
export async function listBatchJobsToCancel(
  store: Queryable,
  ids: readonly string[],
): Promise<string[]> {
  const { rows } = await store.query<{ id: string }>(
    `select id from batch_job where id = any ($1::uuid[]) and cancel_requested_at is not null`,
    [ids],
  )
  return rows.map(({ id }) => id)
}

/** A job whose turn has come, and which issue of its key or token made it. */
export type NextBatchJob = {
  readonly id: string
  readonly credentialId: string
  readonly isOfToken: boolean
  readonly issuedAtMs: number
}

/** The job of the account that has waited longest; holds the account active while it is looked at. */
export async function findNextBatchJob(
  transaction: Queryable,
  accountId: string,
): Promise<NextBatchJob | undefined> {
  const { rows } = await transaction.query<NextBatchJob>(
    `select j.id, coalesce(j.api_key_id, j.access_token_id) as "credentialId",
       j.access_token_id is not null as "isOfToken",
       (extract(epoch from j.credential_issued_at) * 1000)::float8 as "issuedAtMs"
     from account a join batch_job j on j.account_id = a.id
     where a.id = $1 and a.state = 'active' and j.status = 'pending'
     order by j.number limit 1
     for share of a`,
    [accountId],
  )
  return rows[0]
}

/**
 * Makes a job run on this node and returns what it is to run as of now; undefined when it no longer
 * waits. Waits for whoever is just ending another job of the account, and throws a unique violation
 * (23505) when one runs: one at a time.
 */
export async function startBatchJob(
  transaction: Queryable,
  id: string,
  nodeId: string,
  at: Date,
): Promise<SealedDocument | undefined> {
  const { rows } = await transaction.query<SealedDocument>(
    `update batch_job set status = 'running', node_id = $2, started_at = $3, updated_at = $3
     where id = $1 and status = 'pending'
     returning ${sealedColumns}`,
    [id, nodeId, at],
  )
  return rows[0]
}

/** Keeps what has become of a job that runs on this node; false when it runs here no longer. */
export async function updateRunningBatchJob(
  store: Queryable,
  job: { readonly id: string; readonly nodeId: string },
  document: SealedDocument,
  updatedAt: Date,
): Promise<boolean> {
  const { rowCount } = await store.query(
    `update batch_job set document_envelope = $3, secret_key_id = $4, updated_at = $5
     where id = $1 and node_id = $2 and status = 'running'`,
    [job.id, job.nodeId, document.envelope, document.secretKeyId, updatedAt],
  )
  return rowCount === 1
}

/** Ends a job that runs on this node. Does nothing when somebody else has ended it. */
export async function finishBatchJob(
  transaction: Queryable,
  job: { readonly id: string; readonly nodeId: string },
  state: Exclude<BatchJobState, 'pending' | 'running'>,
  document: SealedDocument,
  at: Date,
): Promise<void> {
  await transaction.query(
    `update batch_job set status = $3, document_envelope = $4, secret_key_id = $5, updated_at = $6,
       ended_at = $6
     where id = $1 and node_id = $2 and status = 'running'`,
    [job.id, job.nodeId, state, document.envelope, document.secretKeyId, at],
  )
}

/** Ends a waiting job whose credential is no longer the one that made it. */
export async function failPendingBatchJob(
  transaction: Queryable,
  id: string,
  at: Date,
): Promise<void> {
  await transaction.query(
    `update batch_job set status = 'failed', end_reason = 'credential_ended', updated_at = $2,
       ended_at = $2
     where id = $1 and status = 'pending'`,
    [id, at],
  )
}

/** Whose waiting jobs end with what is taken away. */
const endsWith: Record<RevocationKind, string> = {
  api_key: 'j.api_key_id = $2::uuid',
  access_token: 'j.access_token_id = $2::uuid',
  account: 'j.account_id = $1::uuid',
  regular_keys: `j.account_id = $1::uuid and j.api_key_id in (
    select k.id from api_key k where k.account_id = $1::uuid and k.type = 'regular')`,
  account_settings: 'false',
  public_access: 'false',
  key_ring: 'false',
  session: 'false',
  user: 'false',
  oauth_client: 'false',
  oauth_grant: 'false',
  oauth_token: 'false',
}

/**
 * Ends the jobs that wait under what is taken away. For the transaction that takes it: those that run
 * are ended by the nodes that they run on.
 */
export async function failPendingBatchJobsOf(
  transaction: Queryable,
  { kind, accountId, credentialId }: Omit<Revocation, 'epoch' | 'roles'>,
): Promise<void> {
  await transaction.query(
    `update batch_job j set status = 'failed', end_reason = 'credential_ended', updated_at = now(),
       ended_at = now()
     where j.status = 'pending' and ($1::uuid is not null or $2::uuid is not null)
       and ${endsWith[kind]}`,
    [accountId, credentialId],
  )
}

/** True of a job whose node has no lease any more, and has stopped by itself since. */
const isOrphaned = `j.status = 'running' and not exists (
  select from node n
  where n.id = j.node_id and n.lease_until + interval '2 seconds' > clock_timestamp())`

/** Running jobs whose node is gone, and the roles that they may have run as. */
export async function listOrphanedBatchJobs(
  store: Queryable,
): Promise<{ id: string; accountId: string; roles: string[] }[]> {
  const { rows } = await store.query<{ id: string; accountId: string; roles: string[] }>(
    `select j.id, j.account_id as "accountId", array(
       select k.role from api_key k where k.id = j.api_key_id
       union all select t.role from access_token_role t where t.token_id = j.access_token_id) as roles
     from batch_job j where ${isOrphaned}`,
  )
  return rows
}

/** Ends a job whose node is gone. It may have run, so it is not run again. */
export async function failOrphanedBatchJob(
  transaction: Queryable,
  id: string,
  at: Date,
): Promise<void> {
  await transaction.query(
    `update batch_job j set status = 'failed', end_reason = 'node_lost', updated_at = $2, ended_at = $2
     where j.id = $1 and ${isOrphaned}`,
    [id, at],
  )
}

/** Accounts with jobs that wait although none of theirs runs. */
export async function listAccountsWithIdleQueue(store: Queryable): Promise<string[]> {
  const { rows } = await store.query<{ accountId: string }>(
    `select distinct j.account_id as "accountId" from batch_job j
     where j.status = 'pending' and not exists (
       select from batch_job r where r.account_id = j.account_id and r.status = 'running')`,
  )
  return rows.map(({ accountId }) => accountId)
}

export async function hasPendingBatchJob(store: Queryable, accountId: string): Promise<boolean> {
  const { rowCount } = await store.query(
    `select from batch_job where account_id = $1 and status = 'pending' limit 1`,
    [accountId],
  )
  return rowCount === 1
}

/** Forgets jobs that ended before this. */
export async function deleteEndedBatchJobs(store: Queryable, endedBefore: Date): Promise<void> {
  await store.query('delete from batch_job where ended_at < $1', [endedBefore])
}

/** Forgets all but the newest ended jobs of an account, however young they are. */
export async function deleteSurplusBatchJobs(
  transaction: Queryable,
  accountId: string,
  keep: number,
): Promise<void> {
  await transaction.query(
    `delete from batch_job where id in (
       select id from batch_job where account_id = $1 and ended_at is not null
       order by number desc offset $2)`,
    [accountId, keep],
  )
}

/** Up to `limit` jobs that were sealed with another key than this one. */
export async function listBatchJobsSealedOtherwise(
  store: Queryable,
  secretKeyId: string,
  limit: number,
): Promise<({ id: string } & SealedDocument)[]> {
  const { rows } = await store.query<{ id: string } & SealedDocument>(
    `select id, ${sealedColumns} from batch_job where secret_key_id <> $1 order by id limit $2`,
    [secretKeyId, limit],
  )
  return rows
}

/** Seals a job anew; false when its document is no longer the one that was `read`. */
export async function updateBatchJobSeal(
  store: Queryable,
  id: string,
  read: SealedDocument,
  document: SealedDocument,
): Promise<boolean> {
  const { rowCount } = await store.query(
    `update batch_job set document_envelope = $3, secret_key_id = $4
     where id = $1 and document_envelope = $2`,
    [id, read.envelope, document.envelope, document.secretKeyId],
  )
  return rowCount === 1
}
