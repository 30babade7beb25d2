import type { Queryable } from './database.ts'

/**
 * Counts an attempt to sign in as one that failed, before anybody looks whether it does: attempts
 * that come all at once are counted all the same, and the first that is one too many stops the rest.
 * Answers until when nobody may try; undefined when this attempt may be made. One that may not is
 * not counted.
 */
export async function countSignInAttempt(
  store: Queryable,
  attempt: {
    readonly subject: Buffer
    readonly now: Date
    /** Failures before this are forgotten when there was none since. */
    readonly forgottenBefore: Date
    /** Seconds to wait after the first failure, the second and so on; the last holds from there on. */
    readonly delays: readonly number[]
  },
): Promise<{ readonly blockedUntil: Date } | undefined> {
  const { subject, now, forgottenBefore, delays } = attempt
  const { rowCount } = await store.query(
    `insert into sign_in_failure as f (subject, failures, last_at, blocked_until)
     values ($1, 1, $2, $2::timestamptz + make_interval(secs => nullif(($4::float8[])[1], 0)))
     on conflict (subject) do update
     set failures = case when f.last_at < $3 then 1 else f.failures + 1 end,
       last_at = $2,
       blocked_until = $2::timestamptz + make_interval(secs => nullif(($4::float8[])[
         case when f.last_at < $3 then 1 else least(f.failures + 1, cardinality($4::float8[])) end
       ], 0))
     where f.blocked_until is null or f.blocked_until <= $2`,
    [subject, now, forgottenBefore, delays],
  )
  if (rowCount === 1) return undefined
  const { rows } = await store.query<{ blockedUntil: Date }>(
    `select blocked_until as "blockedUntil" from sign_in_failure where subject = $1`,
    [subject],
  )
  return rows[0] ?? { blockedUntil: now }
}

/** Takes back one attempt that came to something. */
export async function forgetSignInAttempt(store: Queryable, subject: Buffer): Promise<void> {
  await store.query(
    `update sign_in_failure set failures = greatest(failures - 1, 0), blocked_until = null
     where subject = $1`,
    [subject],
  )
}

export async function deleteSignInFailures(store: Queryable, subject: Buffer): Promise<void> {
  await store.query('delete from sign_in_failure where subject = $1', [subject])
}

export async function deleteForgottenSignInFailures(store: Queryable, before: Date): Promise<void> {
  await store.query('delete from sign_in_failure where last_at < $1', [before])
}
