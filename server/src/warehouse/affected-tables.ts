import { LRUCache } from 'lru-cache'
import { readJson } from './read-value.ts'
import type { RunOptions, Warehouse } from './run-statement.ts'

/** A relation that PostgreSQL's planner would read for a statement. */
export type AffectedTable = {
  readonly schema: string
  readonly name: string
  /** When it changed last, in milliseconds since 1970; undefined where nobody has kept that. */
  readonly changedAtMs: number | undefined
}

export type AffectedTables = {
  /**
   * What a single SELECT reads, by the planner under the caller's own role, views looked through;
   * undefined when that cannot be told. What it says may be ten seconds old. Throws only when the
   * request has ended.
   */
  find(
    options: Omit<RunOptions, 'lane'>,
    select: string,
  ): Promise<readonly AffectedTable[] | undefined>
}

const maxAgeMs = 10_000
const maxEntries = 2_000
/** Of the statements that are remembered, with what they read. */
const maxBytes = 8 * 1024 * 1024
const maxStatementBytes = 32 * 1024
/** A plan that takes longer would hold up the answer for the sake of its headers. */
const maxPlanningMs = 2_000

export function createAffectedTables(warehouse: Warehouse): AffectedTables {
  const known = new LRUCache<string, readonly AffectedTable[]>({
    max: maxEntries,
    maxSize: maxBytes,
    sizeCalculation: (tables, key) => key.length + 1 + 100 * tables.length,
    ttl: maxAgeMs,
  })

  return {
    async find(options, select) {
      if (select.length > maxStatementBytes) return undefined
      const { database, role } = options.key
      // No SQL holds a NUL. What one role may see in a plan is no other's.
      const key = `${database}\0${role}\0${select}`
      const remembered = known.get(key)
      if (remembered !== undefined) return remembered
      try {
        const names = await findNames(warehouse, options, select)
        const tables = names.length === 0 ? [] : await findChanges(warehouse, options, names)
        known.set(key, tables)
        return tables
      } catch {
        options.signal.throwIfAborted()
        // The statement itself will say what is wrong with it, if anything is.
        return undefined
      }
    },
  }
}

type Name = Pick<AffectedTable, 'schema' | 'name'>

/** Planning runs what can be run beforehand: so it is the caller's own session, and READ ONLY. */
async function findNames(
  warehouse: Warehouse,
  options: Omit<RunOptions, 'lane'>,
  select: string,
): Promise<Name[]> {
  const plan = await warehouse.run(
    { ...options, lane: 'reader', deadlineMs: Math.min(options.deadlineMs, maxPlanningMs) },
    (session) => readJson<unknown>(session, { text: `explain (format json, verbose)\n${select}` }),
  )
  return relationsIn(plan)
}

/** Every relation that a plan names, once, in the order of their names. */
export function relationsIn(plan: unknown): Name[] {
  const found = new Map<string, Name>()
  const pending: unknown[] = [plan]
  while (pending.length > 0) {
    const node = pending.pop()
    if (typeof node !== 'object' || node === null) continue
    pending.push(...Object.values(node))
    const { Schema: schema, 'Relation Name': name } = node as Record<string, unknown>
    if (typeof schema !== 'string' || typeof name !== 'string') continue
    found.set(`${schema}\0${name}`, { schema, name })
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, relation]) => relation)
}

/** The role sees when those tables changed that it may read itself. */
async function findChanges(
  warehouse: Warehouse,
  options: Omit<RunOptions, 'lane'>,
  names: readonly Name[],
): Promise<AffectedTable[]> {
  const changes = await warehouse
    .run({ ...options, lane: 'own' }, (session) =>
      readJson<(number | null)[]>(session, {
        name: 'find_table_changes',
        text: `select pg_catalog.json_agg(
                 (pg_catalog.extract('epoch', m.updated_at) operator(pg_catalog.*) 1000)::pg_catalog.int8
                 order by t.position)
               from rows from (
                 pg_catalog.json_to_recordset($1::pg_catalog.json)
                   as (schema pg_catalog.text, name pg_catalog.text)
               ) with ordinality as t (schema, name, position)
               left join cartodb.cdb_tablemetadata_text as m
                 on m.tabname operator(pg_catalog.=)
                    pg_catalog.format('%I.%I', t.schema, t.name)`,
        values: [JSON.stringify(names)],
      }),
    )
    .catch(() => {
      options.signal.throwIfAborted()
      // A database without the functions of the classic platform keeps no times.
      return undefined
    })
  return names.map((name, index) => ({ ...name, changedAtMs: changes?.[index] ?? undefined }))
}
