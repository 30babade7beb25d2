import type { Queryable } from './database.ts'

/** The sealed secret of a user's second factor. */
export type SecondFactorSecret = {
  readonly secretKeyId: string
  readonly secretEnvelope: Buffer
}

export type SecondFactor = SecondFactorSecret & {
  readonly userId: string
  /** Null while its set-up is only begun: then nobody is asked for a code. */
  readonly confirmedAt: Date | null
}

const secretColumns = 'secret_key_id as "secretKeyId", secret_envelope as "secretEnvelope"'

/** Begins a set-up, or begins it anew. False when the user has a second factor in force. */
export async function insertSecondFactor(
  store: Queryable,
  factor: SecondFactorSecret & { readonly userId: string; readonly createdAt: Date },
): Promise<boolean> {
  const { rowCount } = await store.query(
    `insert into second_factor as f (user_id, secret_key_id, secret_envelope, created_at)
     values ($1, $2, $3, $4)
     on conflict (user_id) do update
     set secret_key_id = $2, secret_envelope = $3, created_at = $4
     where f.confirmed_at is null`,
    [factor.userId, factor.secretKeyId, factor.secretEnvelope, factor.createdAt],
  )
  return rowCount === 1
}

export async function findSecondFactor(
  store: Queryable,
  userId: string,
): Promise<SecondFactor | undefined> {
  const { rows } = await store.query<SecondFactor>(
    `select user_id as "userId", confirmed_at as "confirmedAt", ${secretColumns}
     from second_factor where user_id = $1`,
    [userId],
  )
  return rows[0]
}

/**
 * Puts a second factor in force, with the step of its first code. False when it is in force already,
 * or its secret is not the one that was read.
 */
export async function confirmSecondFactor(
  transaction: Queryable,
  { userId, secretEnvelope }: SecondFactor,
  confirmed: { readonly step: number; readonly confirmedAt: Date },
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `update second_factor set confirmed_at = $3, last_step = $4
     where user_id = $1 and secret_envelope = $2 and confirmed_at is null`,
    [userId, secretEnvelope, confirmed.confirmedAt, confirmed.step],
  )
  return rowCount === 1
}

/** Uses up a code, and those before it. False when it was used up already. */
export async function useSecondFactorStep(
  store: Queryable,
  userId: string,
  step: number,
): Promise<boolean> {
  const { rowCount } = await store.query(
    `update second_factor set last_step = $2
     where user_id = $1 and last_step < $2 and confirmed_at is not null`,
    [userId, step],
  )
  return rowCount === 1
}

export async function deleteSecondFactor(store: Queryable, userId: string): Promise<boolean> {
  const { rowCount } = await store.query('delete from second_factor where user_id = $1', [userId])
  return rowCount === 1
}

/** Replaces the recovery codes of a second factor that is in force. False when there is none. */
export async function replaceRecoveryCodes(
  transaction: Queryable,
  userId: string,
  hashes: readonly Buffer[],
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    'select from second_factor where user_id = $1 and confirmed_at is not null for update',
    [userId],
  )
  if (rowCount !== 1) return false
  await transaction.query('delete from recovery_code where user_id = $1', [userId])
  await transaction.query(
    'insert into recovery_code (user_id, code_hash) select $1, unnest($2::bytea[])',
    [userId, hashes],
  )
  return true
}

/** Uses up a recovery code. False when there is no such code any more. */
export async function useRecoveryCode(
  store: Queryable,
  userId: string,
  hash: Buffer,
): Promise<boolean> {
  const { rowCount } = await store.query(
    'delete from recovery_code where user_id = $1 and code_hash = $2',
    [userId, hash],
  )
  return rowCount === 1
}

export async function countRecoveryCodes(store: Queryable, userId: string): Promise<number> {
  const { rows } = await store.query<{ count: number }>(
    'select count(*)::int as count from recovery_code where user_id = $1',
    [userId],
  )
  return rows[0]?.count ?? 0
}

/** Second factors that are sealed with another key-ring key than this one. */
export async function listSecondFactorsSealedOtherwise(
  store: Queryable,
  secretKeyId: string,
  limit: number,
): Promise<({ userId: string } & SecondFactorSecret)[]> {
  const { rows } = await store.query<{ userId: string } & SecondFactorSecret>(
    `select user_id as "userId", ${secretColumns} from second_factor
     where secret_key_id <> $1 order by user_id limit $2`,
    [secretKeyId, limit],
  )
  return rows
}

/** False when the secret is no longer what was read, and so nothing is changed. */
export async function updateSecondFactorSecret(
  store: Queryable,
  userId: string,
  read: SecondFactorSecret,
  sealed: SecondFactorSecret,
): Promise<boolean> {
  const { rowCount } = await store.query(
    `update second_factor set secret_key_id = $2, secret_envelope = $3
     where user_id = $1 and secret_envelope = $4`,
    [userId, sealed.secretKeyId, sealed.secretEnvelope, read.secretEnvelope],
  )
  return rowCount === 1
}
