import { answeredSoon, type Queryable } from './database.ts'

/** A statement under a name, on one connection. */
export type NamedSource = {
  readonly id: string
  readonly accountId: string
  readonly connectionId: string
  readonly connectionName: string
  readonly name: string
  readonly description: string | null
  /** What runs. */
  readonly statement: string
  /** What it is recognised by. */
  readonly fingerprint: string
  /** Who made it; null when they have gone. */
  readonly userId: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
}

const columns = `s.id, s.account_id as "accountId", s.connection_id as "connectionId",
  c.name as "connectionName", s.name, s.description, s.statement, s.fingerprint,
  s.user_id as "userId", s.created_at as "createdAt", s.updated_at as "updatedAt"`

const joined = 'from named_source s join connection c on c.id = s.connection_id'

/** Throws a unique violation (23505) when the account has one of this name. */
export async function insertNamedSource(store: Queryable, source: NamedSource): Promise<void> {
  await store.query(
    `insert into named_source (id, account_id, connection_id, name, description, statement,
       fingerprint, user_id, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`,
    [
      source.id,
      source.accountId,
      source.connectionId,
      source.name,
      source.description,
      source.statement,
      source.fingerprint,
      source.userId,
      source.createdAt,
      source.updatedAt,
    ],
  )
}

/** One by its name, whatever connection it is on. */
export async function findNamedSource(
  store: Queryable,
  accountId: string,
  name: string,
): Promise<NamedSource | undefined> {
  const { rows } = await store.query<NamedSource>(
    answeredSoon({
      name: 'find-named-source',
      text: `select ${columns} ${joined} where s.account_id = $1 and s.name = $2`,
      values: [accountId, name],
    }),
  )
  return rows[0]
}

/** A page of those whose name or description has `search` in it, by name, and how many there are. */
export async function listNamedSources(
  store: Queryable,
  accountId: string,
  { search, limit, offset }: { search: string; limit: number; offset: number },
): Promise<{ total: number; sources: NamedSource[] }> {
  const { rows } = await store.query<NamedSource & { total: number }>(
    `select ${columns}, (count(*) over ())::integer as total ${joined}
     where s.account_id = $1
       and (strpos(s.name, lower($2)) > 0 or strpos(lower(s.description), lower($2)) > 0)
     order by s.name limit $3 offset $4`,
    [accountId, search, limit, offset],
  )
  const sources = rows.map(({ total: _, ...source }) => source)
  return { total: rows[0]?.total ?? 0, sources }
}

export async function countNamedSources(store: Queryable, accountId: string): Promise<number> {
  const { rows } = await store.query<{ count: number }>(
    'select count(*)::integer as count from named_source where account_id = $1',
    [accountId],
  )
  return rows[0]?.count ?? 0
}

/** Changes what may be changed; false when it is gone. */
export async function updateNamedSource(
  transaction: Queryable,
  source: Pick<NamedSource, 'id' | 'description' | 'statement' | 'fingerprint' | 'updatedAt'>,
): Promise<boolean> {
  const { rowCount } = await transaction.query(
    `update named_source set description = $2, statement = $3, fingerprint = $4, updated_at = $5
     where id = $1`,
    [source.id, source.description, source.statement, source.fingerprint, source.updatedAt],
  )
  return rowCount === 1
}

/** Throws a foreign key violation (23503) while a token grants it. */
export async function deleteNamedSourceRow(store: Queryable, id: string): Promise<void> {
  await store.query('delete from named_source where id = $1', [id])
}

/** Those on one connection. */
export async function listNamedSourcesOn(
  store: Queryable,
  connectionId: string,
): Promise<NamedSource[]> {
  const { rows } = await store.query<NamedSource>(
    `select ${columns} ${joined} where s.connection_id = $1 order by s.name`,
    [connectionId],
  )
  return rows
}

/** Puts all that are on one connection onto another. */
export async function moveNamedSources(
  transaction: Queryable,
  fromId: string,
  toId: string,
): Promise<void> {
  await transaction.query('update named_source set connection_id = $2 where connection_id = $1', [
    fromId,
    toId,
  ])
}
