import type { Queryable } from './database.ts'

/** One source that a token opens, as it is kept. */
export type StoredSourceGrant = {
  readonly connectionId: string
  readonly kind: 'table' | 'wildcard' | 'all' | 'query'
  /** As it was given, and is shown. */
  readonly source: string
  readonly schemaName: string | null
  /** Of a wildcard: what names begin with. */
  readonly relationName: string | null
  readonly statement: string | null
  readonly fingerprint: string | null
  /** Of a query that was granted by the name of a named source; the source is that name. */
  readonly namedSourceId: string | null
  /** The LOGIN role that opens it. */
  readonly role: string
}

/** Puts these in the place of all that the token had before. */
export async function replaceSourceGrants(
  transaction: Queryable,
  tokenId: string,
  grants: readonly StoredSourceGrant[],
): Promise<void> {
  await transaction.query('delete from access_token_grant where token_id = $1', [tokenId])
  await transaction.query(
    `insert into access_token_grant (token_id, position, connection_id, kind, source, schema_name,
       relation_name, statement, fingerprint, role, named_source_id)
     select $1, given.position - 1, connection_id, kind, source, schema_name, relation_name,
       statement, fingerprint, role, named_source_id
     from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
         $9::text[], $10::uuid[]) with ordinality
       as given (connection_id, kind, source, schema_name, relation_name, statement, fingerprint,
         role, named_source_id, position)`,
    [
      tokenId,
      grants.map((grant) => grant.connectionId),
      grants.map((grant) => grant.kind),
      grants.map((grant) => grant.source),
      grants.map((grant) => grant.schemaName),
      grants.map((grant) => grant.relationName),
      grants.map((grant) => grant.statement),
      grants.map((grant) => grant.fingerprint),
      grants.map((grant) => grant.role),
      grants.map((grant) => grant.namedSourceId),
    ],
  )
}

/** A grant as it is read for deciding: with the connection that it is on. */
export type LoadedSourceGrant = StoredSourceGrant & {
  readonly connectionName: string
  /** True of the account's own database. */
  readonly isDefault: boolean
  /** Of a registered server. */
  readonly connectionDatabase: string | null
}

/** The grants of several tokens, by token, in their order. */
export async function listSourceGrants(
  store: Queryable,
  tokenIds: readonly string[],
): Promise<Map<string, LoadedSourceGrant[]>> {
  const { rows } = await store.query<LoadedSourceGrant & { tokenId: string }>(
    `select g.token_id as "tokenId", g.connection_id as "connectionId", g.kind, g.source,
       g.schema_name as "schemaName", g.relation_name as "relationName", g.statement,
       g.fingerprint, g.role, g.named_source_id as "namedSourceId", c.name as "connectionName", c.is_default as "isDefault",
       c.config ->> 'database' as "connectionDatabase"
     from access_token_grant g join connection c on c.id = g.connection_id
     where g.token_id = any ($1::uuid[]) order by g.token_id, g.position`,
    [tokenIds],
  )
  const grants = new Map<string, LoadedSourceGrant[]>(tokenIds.map((id) => [id, []]))
  for (const { tokenId, ...grant } of rows) grants.get(tokenId)?.push(grant)
  return grants
}
