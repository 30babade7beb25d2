import type { Lack } from './lack.ts'
import type { Requirement, TablePrivilege } from './requirement.ts'
import type { RelationRef } from './survey-statement.ts'

/** What PostgreSQL says of a role and a relation. */
export type RelationRights = {
  readonly schema: string
  readonly name: string
  /** Whether the role may use its schema: without that, nothing in it. */
  readonly reachesSchema: boolean
  readonly held: readonly TablePrivilege[]
  /** Of some columns, though not of the whole. */
  readonly readsSomeColumns: boolean
  /** Whether what it reads is asked of the role as well: a view that says so. */
  readonly isInvokersView: boolean
  /** Whether the account's owner may let others read it. */
  readonly isGrantable: boolean
  readonly columns: readonly string[]
}

/** What PostgreSQL says of a role. */
export type RoleRights = {
  /** Undefined for what is not there, or not for the account to know. */
  relation(relation: RelationRef): RelationRights | undefined
  /** The schema that is meant, and whether the role may make something in it; undefined: none. */
  creation(schema: string | undefined): { schema: string; mayCreate: boolean } | undefined
  readonly mayCreateTemporary: boolean
  /** False when there are functions of this name and the role may call none of them. */
  mayCall(schema: string | undefined, name: string): boolean
}

export type MissingPrivileges = {
  readonly lacks: readonly Lack[]
  /** What else there is to know. */
  readonly notes: readonly string[]
}

/** Compares what is required with what a role has. A relation is named once, with all it lacks. */
export function findMissingPrivileges(
  requirements: readonly Requirement[],
  rights: RoleRights,
  /** Whether a relation that the role does not read yet is read as soon as it is asked for. */
  isReadOnDemand: (relation: RelationRights) => boolean = () => false,
): MissingPrivileges {
  const notes = new Set<string>()
  const lacksOfRequirement = (requirement: Requirement): readonly Lack[] => {
    if (requirement.what === 'creation') return lacksOfCreation(requirement, rights)
    if (requirement.what === 'function') {
      const { schema, name } = requirement
      return rights.mayCall(schema, name) ? [] : [{ what: 'function', function: name }]
    }
    const found = rights.relation(requirement.relation)
    if (found === undefined) return absent(requirement)
    if (isReadOnDemand(found)) return []
    if (found.isInvokersView) notes.add(noteOnView(found))
    const wanted = privilegesOf(requirement, found.columns, rights)
    if (!found.held.includes('select') && found.readsSomeColumns && wanted.includes('select')) {
      notes.add(noteOnColumns(found))
    }
    return lacksOf(found, wanted)
  }
  return { lacks: merge(requirements.flatMap(lacksOfRequirement)), notes: [...notes] }
}

type TableRequirement = Requirement & { readonly what: 'table' }

function absent({ relation, mayBeAbsent }: TableRequirement): Lack[] {
  if (mayBeAbsent) return []
  return [{ what: 'existence', schema: relation.schema ?? null, table: relation.name }]
}

/** SELECT is asked for where a column is read that is the table's and of nothing nearer. */
function privilegesOf(
  requirement: TableRequirement,
  columns: readonly string[],
  rights: RoleRights,
): readonly TablePrivilege[] {
  const isRead = requirement.reads.some(
    ({ column, unlessIn }) =>
      columns.includes(column) &&
      unlessIn.every(
        (nearer) =>
          nearer !== undefined && rights.relation(nearer)?.columns.includes(column) === false,
      ),
  )
  return isRead ? [...requirement.privileges, 'select'] : requirement.privileges
}

function lacksOf(found: RelationRights, wanted: readonly TablePrivilege[]): Lack[] {
  const { schema, name: table, held, reachesSchema, readsSomeColumns } = found
  const missing = wanted.filter(
    (one) => !reachesSchema || !(held.includes(one) || (one === 'select' && readsSomeColumns)),
  )
  const verbs = missing.filter((one) => one !== 'ownership')
  return [
    ...(verbs.length > 0 ? [{ what: 'table', schema, table, verbs } as const] : []),
    ...(missing.includes('ownership') ? [{ what: 'ownership', schema, table } as const] : []),
  ]
}

function lacksOfCreation(
  { schema, isTemporary }: Requirement & { readonly what: 'creation' },
  rights: RoleRights,
): Lack[] {
  if (isTemporary) return rights.mayCreateTemporary ? [] : [{ what: 'temporary_tables' }]
  const meant = rights.creation(schema)
  if (meant === undefined) return [{ what: 'existence', schema: schema ?? null, table: '' }]
  return meant.mayCreate ? [] : [{ what: 'schema', schema: meant.schema, verbs: ['create'] }]
}

/** What a role with nothing of its own would have to be given: all that is required. */
export function withoutRights(rights: RoleRights): RoleRights {
  return {
    ...rights,
    relation(relation) {
      const found = rights.relation(relation)
      return found && { ...found, held: [], readsSomeColumns: false, isInvokersView: false }
    },
    creation(schema) {
      const found = rights.creation(schema)
      return found && { ...found, mayCreate: false }
    },
  }
}

function merge(lacks: readonly Lack[]): Lack[] {
  const merged = new Map<string, Lack>()
  for (const lack of lacks) {
    const key =
      lack.what === 'table' ? JSON.stringify([lack.schema, lack.table]) : JSON.stringify(lack)
    const known = merged.get(key)
    const verbs = [known, lack].flatMap((one) => (one?.what === 'table' ? one.verbs : []))
    merged.set(key, lack.what === 'table' ? { ...lack, verbs: [...new Set(verbs)] } : lack)
  }
  return [...merged.values()]
}

function noteOnColumns({ schema, name }: RelationRights): string {
  return `Of ${schema}.${name} only some columns may be read: PostgreSQL looks at which ones are used.`
}

function noteOnView({ schema, name }: RelationRights): string {
  return `The view ${schema}.${name} reads as whoever asks: rights on what it reads are not looked at here.`
}
