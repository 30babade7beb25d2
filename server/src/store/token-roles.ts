import type { AccessTokenState } from './access-tokens.ts'
import { answeredSoon, type Queryable } from './database.ts'

/** A LOGIN role of an access token. */
export type AccessTokenRole = {
  readonly role: string
  readonly tokenId: string
  readonly connectionId: string
  readonly secretKeyId: string
  readonly passwordEnvelope: Buffer
}

export async function insertAccessTokenRoles(
  store: Queryable,
  roles: readonly AccessTokenRole[],
): Promise<void> {
  await store.query(
    `insert into access_token_role
       (role, token_id, connection_id, secret_key_id, password_envelope)
     select * from unnest($1::text[], $2::uuid[], $3::uuid[], $4::text[], $5::bytea[])`,
    [
      roles.map((one) => one.role),
      roles.map((one) => one.tokenId),
      roles.map((one) => one.connectionId),
      roles.map((one) => one.secretKeyId),
      roles.map((one) => one.passwordEnvelope),
    ],
  )
}

/** The LOGIN roles of a token. */
export async function listAccessTokenRoles(
  store: Queryable,
  tokenId: string,
): Promise<AccessTokenRole[]> {
  const { rows } = await store.query<AccessTokenRole>(
    `select role, token_id as "tokenId", connection_id as "connectionId",
       secret_key_id as "secretKeyId", password_envelope as "passwordEnvelope"
     from access_token_role where token_id = $1 order by role`,
    [tokenId],
  )
  return rows
}

/** The LOGIN roles of all tokens of an account that are on its own server. */
export async function listTokenRolesOfAccount(
  store: Queryable,
  accountId: string,
): Promise<{ role: string; tokenId: string; state: AccessTokenState; isGranted: boolean }[]> {
  const { rows } = await store.query<{
    role: string
    tokenId: string
    state: AccessTokenState
    isGranted: boolean
  }>(
    `select r.role, r.token_id as "tokenId", t.state,
       exists (select from access_token_grant g where g.role = r.role) as "isGranted"
     from access_token t join access_token_role r on r.token_id = t.id
     join connection c on c.id = r.connection_id
     where t.account_id = $1 and c.is_default order by r.role`,
    [accountId],
  )
  return rows
}

/** The sealed password of a token's role. A token that is being made has roles to be tried out. */
export async function findAccessTokenRole(
  store: Queryable,
  role: string,
): Promise<AccessTokenRole | undefined> {
  const { rows } = await store.query<AccessTokenRole>(
    answeredSoon({
      name: 'find-access-token-role',
      text: `select r.role, r.token_id as "tokenId", r.connection_id as "connectionId",
               r.secret_key_id as "secretKeyId", r.password_envelope as "passwordEnvelope"
             from access_token_role r join access_token t on t.id = r.token_id
             where r.role = $1 and t.state <> 'deleting'`,
      values: [role],
    }),
  )
  return rows[0]
}

/** The same for passwords of roles. */
export async function listTokenRolesSealedOtherwise(
  store: Queryable,
  secretKeyId: string,
  limit: number,
): Promise<AccessTokenRole[]> {
  const { rows } = await store.query<AccessTokenRole>(
    `select role, token_id as "tokenId", connection_id as "connectionId",
       secret_key_id as "secretKeyId", password_envelope as "passwordEnvelope"
     from access_token_role where secret_key_id <> $1 order by role limit $2`,
    [secretKeyId, limit],
  )
  return rows
}

export async function updateTokenRolePassword(
  store: Queryable,
  before: Pick<AccessTokenRole, 'role' | 'secretKeyId'>,
  sealed: Pick<AccessTokenRole, 'secretKeyId' | 'passwordEnvelope'>,
): Promise<boolean> {
  const { rowCount } = await store.query(
    `update access_token_role set secret_key_id = $3, password_envelope = $4
     where role = $1 and secret_key_id = $2`,
    [before.role, before.secretKeyId, sealed.secretKeyId, sealed.passwordEnvelope],
  )
  return rowCount === 1
}

export async function deleteAccessTokenRoles(
  store: Queryable,
  roles: readonly string[],
): Promise<void> {
  await store.query('delete from access_token_role where role = any ($1::text[])', [roles])
}
